using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// dx = dy·wᵀ. An item is some inputs. Loops, from outside: tile of inputs, block, panel, output of the panel: a tile's sums stay in registers over all
/// outputs. dy and dx lie without gaps or borders, 32 cases for each unit.
/// </summary>
internal unsafe struct FullyConnectedInputGradientPass : ITeamJob
{
    public CpuKernels Kernels;
    public Panels Panels;
    public int Inputs;
    public float* Weights;

    /// <summary>Gradient of the outputs at block 0 of the run.</summary>
    public float* Gradient;
    public long GradientBlockStride;

    /// <summary>Gradient of the inputs at block 0 of the run.</summary>
    public float* Output;
    public long OutputBlockStride;
    public int Blocks;

    /// <summary>Number of items.</summary>
    public int Parts;

    public readonly void Run(int item, int thread)
    {
        var (firstInput, endInput) = ((int)((long)item * Inputs / Parts), (int)((item + 1L) * Inputs / Parts));
        for (var input = firstInput; input < endInput; input += Kernels.LargestTile)
        {
            var rows = Math.Min(Kernels.LargestTile, endInput - input);
            for (var block = 0; block < Blocks; block++) ComputeTile(input, rows, Gradient + block * GradientBlockStride, Output + block * OutputBlockStride);
        }
    }

    private readonly void ComputeTile(int input, int rows, float* gradient, float* output)
    {
        var full = Panels.FullCount;
        var arguments = new OuterArguments { VectorStride = CaseBlock.Cases, RowStride = CaseBlock.Cases };
        for (var turn = 0; turn < CaseBlock.Cases; turn += 2 * Kernels.Lanes)
        {
            arguments.Output = output + (long)input * CaseBlock.Cases + turn;
            if (full > 0)
            {
                arguments.Scalars0 = Weights + (long)input * Panels.Width;
                arguments.SegmentStep = (nint)Inputs * Panels.Width;
                arguments.Segments = full;
                arguments.Terms = Panels.Width;
                arguments.Vectors = gradient + turn;
                Kernels.Outer(1, rows, 2, &arguments);
            }
            if (full < Panels.Count) AddNarrowPanel(arguments, input, rows, gradient + turn);
        }
    }

    /// <summary>The last panel, if it is narrower than 32: its rows are spread to the distance that the kernel expects.</summary>
    private readonly void AddNarrowPanel(OuterArguments arguments, int input, int rows, float* gradient)
    {
        var full = Panels.FullCount;
        var width = Panels.WidthOf(full);
        var spread = stackalloc float[16 * Panels.Width];
        var weights = Weights + (long)full * Panels.Width * Inputs + (long)input * width;
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < width; i++) spread[row * Panels.Width + i] = weights[row * width + i];
        arguments.Scalars0 = spread;
        arguments.Segments = 1;
        arguments.Terms = width;
        arguments.Vectors = gradient + (long)full * Panels.Width * CaseBlock.Cases;
        arguments.Accumulate = full > 0;
        Kernels.Outer(1, rows, 2, &arguments);
    }
}

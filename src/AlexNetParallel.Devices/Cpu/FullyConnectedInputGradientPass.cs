using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// dx = dy·wᵀ. An item is some inputs. Loops, from outside: tile of inputs, block, panel, output of the panel: a tile's sums stay in registers over
/// all outputs. dy and dx lie without gaps or borders, 32 cases for each unit.
/// </summary>
internal unsafe struct FullyConnectedInputGradientPass : ITeamJob
{
    public CpuKernels Kernels;
    public PanelLayout Layout;
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
        var (first, end) = (item * Layout.Groups / Parts, (item + 1) * Layout.Groups / Parts);
        for (var group = first; group < end; group++)
        {
            var inputs = Layout.InputsOf(group);
            for (var input = 0; input < inputs; input += Kernels.LargestTile)
            {
                for (var block = 0; block < Blocks; block++) ComputeTile(group, input, Math.Min(Kernels.LargestTile, inputs - input), block);
            }
        }
    }

    private readonly void ComputeTile(int group, int input, int rows, int block)
    {
        var panels = Layout.Panels;
        var weights = Weights + Layout.Offset(group, 0) + input * Panels.Width;
        var gradient = Gradient + block * GradientBlockStride;
        var output = Output + block * OutputBlockStride + ((long)group * PanelLayout.GroupInputs + input) * CaseBlock.Cases;
        // The next tile's weights are fetched meanwhile, a share with each block.
        var share = (rows * Panels.Width / CacheLines.Floats + Blocks - 1) / Blocks;
        var lastOfGroup = input + rows == Layout.InputsOf(group);
        var next = (lastOfGroup && group + 1 < Layout.Groups ? Weights + Layout.Offset(group + 1, 0) : weights + rows * Panels.Width) + block * share * CacheLines.Floats;
        var arguments = new OuterArguments { VectorStride = CaseBlock.Cases, RowStride = CaseBlock.Cases };
        for (var turn = 0; turn < CaseBlock.Cases; turn += 2 * Kernels.Lanes)
        {
            arguments.Output = output + turn;
            if (panels.FullCount > 0)
            {
                arguments.Scalars0 = weights;
                arguments.SegmentStep = (nint)Layout.InputsOf(group) * Panels.Width;
                arguments.Segments = panels.FullCount;
                arguments.Terms = Panels.Width;
                arguments.Vectors = gradient + turn;
                arguments.Prefetch = next;
                arguments.PrefetchStep = arguments.SegmentStep;
                arguments.PrefetchLines = turn == 0 ? share : 0;
                Kernels.Outer(1, rows, 2, &arguments);
            }
            if (panels.FullCount < panels.Count) AddNarrowPanel(arguments, group, input, rows, gradient + turn);
        }
    }

    /// <summary>The last panel, if it is narrower than 32: its rows are spread to the distance that the kernel expects.</summary>
    private readonly void AddNarrowPanel(OuterArguments arguments, int group, int input, int rows, float* gradient)
    {
        var full = Layout.Panels.FullCount;
        var width = Layout.Panels.WidthOf(full);
        var spread = stackalloc float[16 * Panels.Width];
        var weights = Weights + Layout.Offset(group, full) + (long)input * width;
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < width; i++) spread[row * Panels.Width + i] = weights[row * width + i];
        arguments.Scalars0 = spread;
        arguments.Segments = 1;
        arguments.Terms = width;
        arguments.Vectors = gradient + (long)full * Panels.Width * CaseBlock.Cases;
        arguments.Accumulate = full > 0;
        arguments.PrefetchLines = 0;
        Kernels.Outer(1, rows, 2, &arguments);
    }
}

using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// The weight gradient of a fully connected layer, written out or used at once to update: weights and momentum are then read and written once. An
/// item is some panels. Loops, from outside: group of inputs, panel, tile of inputs, block, case. The outputs' gradient lies transposed: for each panel, block
/// and case, 32 outputs. x lies without gaps or borders, 32 cases for each input.
/// </summary>
internal unsafe struct FullyConnectedWeightPass : ITeamJob
{
    /// <summary>Inputs of a group: with 4 blocks, 256 KiB of the second-level cache.</summary>
    private const int Group = 512;

    public CpuKernels Kernels;
    public Panels Panels;

    /// <summary>Input at block 0 of the run.</summary>
    public float* Input;
    public int Inputs;
    public long InputBlockStride;

    /// <summary>Outputs' gradient, transposed: the panels follow each other, each <see cref="TransposedFloats"/>.</summary>
    public float* Transposed;
    public int Blocks;

    public float* Weights;
    public float* Momentum;

    /// <summary>Where the gradient goes; null: it updates.</summary>
    public float* WeightGradient;
    public UpdateRule Rule;

    /// <summary>Number of items.</summary>
    public int Parts;

    /// <summary>Floats of a panel's transposed gradient.</summary>
    public static long TransposedFloats(int blocks) => (long)blocks * CaseBlock.Cases * Panels.Width;

    public readonly void Run(int item, int thread)
    {
        var (firstPanel, endPanel) = (item * Panels.Count / Parts, (item + 1) * Panels.Count / Parts);
        for (var input = 0; input < Inputs; input += Group)
        {
            for (var panel = firstPanel; panel < endPanel; panel++)
            {
                var end = Math.Min(Inputs, input + Group);
                for (var tile = input; tile < end; tile += Kernels.LargestTile) ComputeTile(panel, tile, Math.Min(Kernels.LargestTile, end - tile));
            }
        }
    }

    private readonly void ComputeTile(int panel, int input, int rows)
    {
        var width = Panels.WidthOf(panel);
        var sums = stackalloc float[16 * Panels.Width];
        var arguments = new OuterArguments
        {
            Scalars0 = Input + (long)input * CaseBlock.Cases,
            SegmentStep = (nint)InputBlockStride,
            Segments = Blocks,
            Terms = CaseBlock.Cases,
            VectorStride = Panels.Width,
            RowStride = Panels.Width,
        };
        for (var first = 0; first < width; first += 2 * Kernels.Lanes)
        {
            arguments.Vectors = Transposed + panel * TransposedFloats(Blocks) + first;
            arguments.Output = sums + first;
            Kernels.Outer(1, rows, width - first > Kernels.Lanes ? 2 : 1, &arguments);
        }
        var offset = (long)panel * Panels.Width * Inputs + (long)input * width;
        if (width == Panels.Width)
        {
            Finish(sums, offset, rows * width);
            return;
        }
        for (var row = 0; row < rows; row++) Finish(sums + row * Panels.Width, offset + row * width, width);
    }

    private readonly void Finish(float* sums, long offset, int count)
    {
        if (WeightGradient != null) new ReadOnlySpan<float>(sums, count).CopyTo(new Span<float>(WeightGradient + offset, count));
        else Kernels.Update(Weights + offset, Momentum + offset, sums, count, Rule.WeightRate, Rule.WeightDecay, Rule);
    }
}

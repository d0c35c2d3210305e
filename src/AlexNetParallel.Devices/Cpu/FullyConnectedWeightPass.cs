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
    public CpuKernels Kernels;
    public PanelLayout Layout;

    /// <summary>Input at block 0 of the run.</summary>
    public float* Input;
    public long InputBlockStride;

    /// <summary>Outputs' gradient, transposed: the panels follow each other, each <see cref="TransposedFloats"/>.</summary>
    public float* Transposed;
    public int Blocks;

    public float* Weights;
    public float* Momentum;

    /// <summary>Where the gradient goes; null: it updates.</summary>
    public float* WeightGradient;
    public UpdateCoefficients By;

    /// <summary>Number of items.</summary>
    public int Parts;

    /// <summary>Floats of a panel's transposed gradient.</summary>
    public static long TransposedFloats(int blocks) => (long)blocks * CaseBlock.Cases * Panels.Width;

    public readonly void Run(int item, int thread)
    {
        var panels = Layout.Panels.Count;
        var (firstPanel, endPanel) = (item * panels / Parts, (item + 1) * panels / Parts);
        for (var group = 0; group < Layout.Groups; group++)
        {
            var inputs = Layout.InputsOf(group);
            for (var panel = firstPanel; panel < endPanel; panel++)
            {
                for (var input = 0; input < inputs; input += Kernels.LargestTile)
                    ComputeTile(group, panel, input, Math.Min(Kernels.LargestTile, inputs - input));
            }
        }
    }

    private readonly void ComputeTile(int group, int panel, int input, int rows)
    {
        var width = Layout.Panels.WidthOf(panel);
        var offset = Layout.Offset(group, panel) + input * width;
        var arguments = new OuterArguments
        {
            Scalars0 = Input + ((long)group * PanelLayout.GroupInputs + input) * CaseBlock.Cases,
            SegmentStep = (nint)InputBlockStride,
            Segments = Blocks,
            Terms = CaseBlock.Cases,
            Vectors = Transposed + panel * TransposedFloats(Blocks),
            VectorStride = Panels.Width,
            Output = (WeightGradient == null ? Weights : WeightGradient) + offset,
            RowStride = width,
        };
        if (WeightGradient == null) PrepareUpdate(&arguments, rows * width);
        for (; width > 0; width -= 2 * Kernels.Lanes)
        {
            var vectors = Math.Min(2, (width + Kernels.Lanes - 1) / Kernels.Lanes);
            if (width < vectors * Kernels.Lanes) AddNarrow(arguments, rows, vectors, width);
            else if (WeightGradient == null) Kernels.OuterUpdate(rows, vectors, &arguments);
            else Kernels.Outer(1, rows, vectors, &arguments);
            arguments.Vectors += 2 * Kernels.Lanes;
            arguments.Output += 2 * Kernels.Lanes;
            arguments.PrefetchLines = 0;
        }
    }

    /// <summary>The next tile's weights and momentum are fetched during the sums, a share with each block.</summary>
    private readonly void PrepareUpdate(OuterArguments* arguments, int count)
    {
        arguments->MomentumDistance = (nint)(Momentum - Weights);
        arguments->Update = By;
        arguments->Prefetch = arguments->Output + count;
        arguments->PrefetchLines = (count / CacheLines.Floats + Blocks - 1) / Blocks;
        arguments->PrefetchStep = arguments->PrefetchLines * CacheLines.Floats;
        arguments->PrefetchTwin = arguments->MomentumDistance;
    }

    /// <summary>The same where the last vector reaches over the last output: sums go to the stack, and those of outputs are used.</summary>
    private readonly void AddNarrow(OuterArguments arguments, int rows, int vectors, int width)
    {
        const int rowStride = 2 * 16;
        var sums = stackalloc float[16 * rowStride];
        var output = arguments.Output;
        var outputStride = arguments.RowStride;
        arguments.RowStride = rowStride;
        arguments.Output = sums;
        Kernels.Outer(1, rows, vectors, &arguments);
        for (var row = 0; row < rows; row++, sums += rowStride)
        {
            var there = output + row * outputStride;
            if (WeightGradient == null) Kernels.Update(there, there + arguments.MomentumDistance, sums, width, By);
            else new ReadOnlySpan<float>(sums, width).CopyTo(new Span<float>(there, width));
        }
    }
}

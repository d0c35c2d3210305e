using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// The weight gradient of a convolution over a run of blocks, added to what the gradients hold. Distances are in floats. An item is a panel of kernels and some of the
/// input channels; its loops, from outside: block, output row, group of channels, kernel row, pixel, case. The output's gradient is transposed row by row, so
/// that its kernels lie next to each other for each pixel and case; the input's pixels are broadcast. A row's sums stay in registers and are then added.
/// </summary>
internal unsafe struct WeightGradientPass : ITeamJob
{
    public CpuKernels Kernels;
    public ConvolutionShape Shape;

    /// <summary>Input at block 0 of the run, at the first output pixel's window, and where its channels lie.</summary>
    public float* Input;
    public nint* InputOffsets;
    public long InputBlockStride;
    public nint InputRowStride;

    /// <summary>Gradient of the output at block 0 of the run, first pixel, and where its channels lie.</summary>
    public float* Gradient;
    public nint* GradientOffsets;
    public long GradientBlockStride;
    public nint GradientRowStride;

    /// <summary>Scratch of <see cref="TransposedFloats"/> for each thread.</summary>
    public float* Transposed;

    /// <summary>Sums of the biases' gradients for each case of a block; zeros.</summary>
    public float* BiasLanes;
    public float* WeightGradient;
    public float* BiasGradient;
    public int Blocks;
    public Panels Panels;

    /// <summary>Items that the input channels are cut into.</summary>
    public int ChannelParts;

    /// <summary>Floats of a transposed row.</summary>
    public static long TransposedFloats(ConvolutionShape shape) => (long)shape.OutputWidth * CaseBlock.Cases * WidestPanel;

    /// <summary>
    /// How a convolution's kernels are cut. With vectors of 16 a rest of up to 16 kernels would be a panel of one vector, which needs a scalar from memory for
    /// each multiply-add; as the third vector of a wider panel it needs a third of that.
    /// </summary>
    public static Panels PanelsOf(ConvolutionShape shape, CpuKernels kernels) => new(shape.Kernels, kernels.Lanes == 16 ? WidestPanel : Panels.Width);

    private const int WidestPanel = 48;

    public readonly void Run(int item, int thread)
    {
        var (panel, part) = (item / ChannelParts, item % ChannelParts);
        var (firstChannel, endChannel) = (part * Shape.InputChannels / ChannelParts, (part + 1) * Shape.InputChannels / ChannelParts);
        var transposed = Transposed + thread * TransposedFloats(Shape);
        var width = Panels.WidthOf(panel);
        var offsets = GradientOffsets + panel * Panels.Width;
        var lanes = BiasLanes + panel * Panels.Width * CaseBlock.Cases;
        for (var block = 0; block < Blocks; block++)
        {
            var gradient = Gradient + block * GradientBlockStride;
            var input = Input + block * InputBlockStride;
            for (var row = 0; row < Shape.OutputHeight; row++)
            {
                var gradientRow = gradient + row * GradientRowStride;
                Kernels.Transpose(gradientRow, offsets, width, Shape.OutputWidth, transposed, PaddedWidth(width));
                if (part == 0) BiasSums.AddRow(gradientRow, offsets, width, Shape.OutputWidth, lanes);
                AddRow(input + row * Shape.Stride * InputRowStride, transposed, panel, firstChannel, endChannel, gradientRow + GradientRowStride);
            }
            if (part == 0) BiasSums.Finish(lanes, width, BiasGradient + panel * Panels.Width);
        }
    }

    /// <summary>Vectors that are summed at once: two, or the three of a wide panel.</summary>
    private readonly int VectorsAtOnce(int padded) => padded > Panels.Width ? 3 : 2;

    /// <summary>Floats from a transposed vector to the next: whole vectors.</summary>
    private readonly int PaddedWidth(int width) => (width + Kernels.Lanes - 1) / Kernels.Lanes * Kernels.Lanes;

    /// <summary>Adds one output row's part, of one panel and some channels.</summary>
    /// <param name="input">First pixel of the first window.</param>
    /// <param name="transposed">The row of the output's gradient.</param>
    /// <param name="panel">Which kernels.</param>
    /// <param name="firstChannel">First input channel.</param>
    /// <param name="endChannel">One past the last.</param>
    /// <param name="nextGradient">The next row of the output's gradient: fetched meanwhile, one kernel's with each call.</param>
    private readonly void AddRow(float* input, float* transposed, int panel, int firstChannel, int endChannel, float* nextGradient)
    {
        var calls = 0;
        var vectors = VectorsAtOnce(PaddedWidth(Panels.WidthOf(panel)));
        var tiles = new Tiles(Shape.KernelWidth, Kernels.LargestTileOf(vectors));
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var (column, columns) = tiles[tile];
            var groups = Kernels.GroupsFor(columns, vectors);
            for (var channel = firstChannel; channel < endChannel; channel += groups)
            {
                var count = Math.Min(groups, endChannel - channel);
                for (var row = 0; row < Shape.KernelHeight; row++)
                {
                    var tap = (channel * Shape.KernelHeight + row) * Shape.KernelWidth + column;
                    // Besides, the row of the input that the next output row needs first, one channel's with each kernel row.
                    var fetchInput = row < count ? input + InputOffsets[channel + row] + Shape.KernelHeight * InputRowStride : null;
                    var fetchGradient = calls < Panels.WidthOf(panel) ? nextGradient + GradientOffsets[panel * Panels.Width + calls] : null;
                    calls++;
                    AddTaps(
                        input + row * InputRowStride + column * CaseBlock.Cases, channel, count, columns, transposed,
                        WeightGradient + (long)tap * Shape.Kernels, panel, fetchInput, fetchGradient);
                }
            }
        }
    }

    /// <summary>Adds one output row's part of the taps (some channels) × (some neighbouring columns of a kernel row).</summary>
    private readonly void AddTaps(float* input, int channel, int channels, int columns, float* transposed, float* output, int panel, float* fetchInput, float* fetchGradient)
    {
        var width = Panels.WidthOf(panel);
        var padded = PaddedWidth(width);
        var arguments = new OuterArguments
        {
            Scalars0 = input + InputOffsets[channel],
            Scalars1 = input + InputOffsets[channel + Math.Min(1, channels - 1)],
            Scalars2 = input + InputOffsets[channel + Math.Min(2, channels - 1)],
            Scalars3 = input + InputOffsets[channel + Math.Min(3, channels - 1)],
            SegmentStep = Shape.Stride * CaseBlock.Cases,
            Segments = Shape.OutputWidth,
            Terms = CaseBlock.Cases,
            VectorStride = padded,
            GroupStride = (nint)Shape.KernelHeight * Shape.KernelWidth * Shape.Kernels,
            RowStride = Shape.Kernels,
            Accumulate = true,
            Prefetch = fetchInput == null ? fetchGradient : fetchInput,
            PrefetchTwin = fetchInput == null || fetchGradient == null ? 0 : (nint)(fetchGradient - fetchInput),
            PrefetchStep = CaseBlock.Cases,
            PrefetchLines = fetchInput == null && fetchGradient == null ? 0 : CaseBlock.Cases / CacheLines.Floats,
        };
        output += panel * Panels.Width;
        var atOnce = VectorsAtOnce(padded);
        for (var first = 0; first < padded; first += atOnce * Kernels.Lanes)
        {
            var vectors = Math.Min(atOnce, (padded - first) / Kernels.Lanes);
            arguments.Vectors = transposed + first;
            arguments.Output = output + first;
            if (first + vectors * Kernels.Lanes <= width) Kernels.Outer(channels, columns, vectors, &arguments);
            else AddNarrow(arguments, channels, columns, vectors, width - first);
            arguments.PrefetchLines = 0;
        }
    }

    /// <summary>The same where the last vector reaches over the last kernel: sums go to the stack, those of kernels are added.</summary>
    private readonly void AddNarrow(OuterArguments arguments, int channels, int columns, int vectors, int width)
    {
        const int row = WidestPanel;
        var sums = stackalloc float[16 * row];
        var output = arguments.Output;
        var (groupStride, rowStride) = (arguments.GroupStride, arguments.RowStride);
        arguments.Output = sums;
        (arguments.GroupStride, arguments.RowStride, arguments.Accumulate) = (columns * row, row, false);
        Kernels.Outer(channels, columns, vectors, &arguments);
        for (var c = 0; c < channels; c++)
        {
            for (var column = 0; column < columns; column++, sums += row)
                for (var i = 0; i < width; i++) output[c * groupStride + column * rowStride + i] += sums[i];
        }
    }
}

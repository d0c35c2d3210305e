using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Parameters of a convolution. Weights, momentum and gradients lie in canonical order; the forward pass and the input gradient read copies of the
/// weights in the order of their tiles, which are made again when the weights have changed (1 MB or so for a layer: a thousandth of its passes).
/// </summary>
internal sealed unsafe class CpuConvolutionParameters : CpuParameters
{
    private readonly CpuDevice device;
    private CpuBuffer? forward;
    private CpuBuffer? inputGradient;
    private TensorView? paddedGradient;
    private bool forwardIsStale = true;
    private bool inputGradientIsStale = true;

    public CpuConvolutionParameters(CpuDevice device, ConvolutionShape shape, int largestTile, DeviceBuffer? gradients)
        : base(device, shape.Weights, shape.Kernels, materializeGradients: true, gradients)
    {
        this.device = device;
        Shape = shape;
        KernelTiles = new Tiles(shape.Kernels, largestTile);
        ChannelTiles = new Tiles(shape.InputChannels, largestTile);
        Phases = GradientPhase.Of(shape);
        GradientBorder = GradientPhase.BorderOf(shape, Phases);
    }

    public ConvolutionShape Shape { get; }

    /// <summary>How the kernels are cut for the forward pass.</summary>
    public Tiles KernelTiles { get; }

    /// <summary>How the input channels are cut for the input gradient.</summary>
    public Tiles ChannelTiles { get; }

    /// <summary>The parts of the input gradient.</summary>
    public GradientPhase[] Phases { get; }

    /// <summary>Border of the output's gradient that the input gradient reads.</summary>
    public Border GradientBorder { get; }

    public override long Bytes =>
        base.Bytes + ((forward?.Length ?? 0) + (inputGradient?.Length ?? 0) + (paddedGradient?.Buffer.Length ?? 0)) * sizeof(float);

    public override void WeightsChanged() => forwardIsStale = inputGradientIsStale = true;

    /// <summary>For each tile of kernels, then each tap (channel, ky, kx): the weights of the tile's kernels.</summary>
    public float* ForwardWeights()
    {
        forward ??= device.AllocateFloats(WeightCount);
        var packed = forward.Pointer;
        if (!forwardIsStale) return packed;
        for (var tile = 0; tile < KernelTiles.Count; tile++)
        {
            var (first, width) = KernelTiles[tile];
            var source = Weights + first;
            for (var tap = 0; tap < Shape.FanIn; tap++, source += Shape.Kernels, packed += width)
                Buffer.MemoryCopy(source, packed, width * sizeof(float), width * sizeof(float));
        }
        forwardIsStale = false;
        return forward.Pointer;
    }

    /// <summary>For each phase, then each tile of input channels, then each tap (kernel, y, x of the phase, turned): the weights of the tile's channels.</summary>
    public float* InputGradientWeights()
    {
        inputGradient ??= device.AllocateFloats(WeightCount);
        var packed = inputGradient.Pointer;
        if (!inputGradientIsStale) return packed;
        foreach (var phase in Phases)
        {
            for (var tile = 0; tile < ChannelTiles.Count; tile++)
            {
                var (first, width) = ChannelTiles[tile];
                for (var kernel = 0; kernel < Shape.Kernels; kernel++)
                {
                    for (var y = 0; y < phase.TapRows; y++)
                    {
                        for (var x = 0; x < phase.TapColumns; x++, packed += width)
                        {
                            var tap = phase.KernelRow(y) * Shape.KernelWidth + phase.KernelColumn(x);
                            var stride = (long)Shape.KernelHeight * Shape.KernelWidth * Shape.Kernels;
                            var source = Weights + first * stride + (long)tap * Shape.Kernels + kernel;
                            for (var i = 0; i < width; i++) packed[i] = source[i * stride];
                        }
                    }
                }
            }
        }
        inputGradientIsStale = false;
        return inputGradient.Pointer;
    }

    /// <summary>Memory for one block of the output's gradient with the border that the input gradient needs, which is 0; any block's number will do.</summary>
    public TensorView PaddedGradient()
    {
        if (paddedGradient is not null) return paddedGradient;
        var layout = new TensorLayout(
            new BlockRange(0, int.MaxValue), new ChannelSet(new ChannelRange(0, Shape.Kernels)), Shape.OutputHeight, Shape.OutputWidth, GradientBorder, Shared: true);
        return paddedGradient = new TensorView(device.AllocateFloats(layout.Size), layout);
    }

    public override void Dispose()
    {
        base.Dispose();
        paddedGradient?.Buffer.Dispose();
        forward?.Dispose();
        inputGradient?.Dispose();
    }

    protected override void ToDeviceOrder(ReadOnlySpan<float> canonical, float* device) => canonical.CopyTo(new Span<float>(device, canonical.Length));

    protected override void ToCanonicalOrder(float* device, Span<float> canonical) => new ReadOnlySpan<float>(device, canonical.Length).CopyTo(canonical);
}

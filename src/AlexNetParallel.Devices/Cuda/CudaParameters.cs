using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>Parameters in a CUDA device's memory, in canonical order: a run of weights then biases, one of their momentum, one of their gradients where these are kept.</summary>
internal abstract class CudaParameters : DeviceParameters
{
    private readonly CudaBuffer weights;
    private readonly CudaBuffer momentum;
    private readonly CudaBuffer? gradients;
    private readonly bool ownsGradients;

    protected CudaParameters(CudaDevice device, long weightCount, int biasCount, bool materializeGradients, DeviceBuffer? gradientMemory)
    {
        (Device, WeightCount, BiasCount) = (device, weightCount, biasCount);
        weights = device.AllocateFloats(Count);
        momentum = device.AllocateFloats(Count);
        if (!materializeGradients) return;
        ownsGradients = gradientMemory is null;
        gradients = gradientMemory is null ? device.AllocateFloats(Count) : (CudaBuffer)gradientMemory;
        if (gradients.Length < Count)
            throw new ArgumentException($"the memory for gradients has {gradients.Length} floats, the layer needs {Count}", nameof(gradientMemory));
    }

    public CudaDevice Device { get; }

    public override long WeightCount { get; }

    public override int BiasCount { get; }

    public override long Bytes => (weights.Length + momentum.Length + (ownsGradients ? gradients!.Length : 0)) * sizeof(float);

    public override DeviceBuffer? Gradients => gradients;

    public nint Weights => weights.Address;

    public nint Biases => weights.Address + BiasOffset;

    public nint WeightMomentum => momentum.Address;

    public nint BiasMomentum => momentum.Address + BiasOffset;

    public nint WeightGradient => KeptGradients.Address;

    public nint BiasGradient => KeptGradients.Address + BiasOffset;

    /// <summary>To be called when the weights were written: copies in other orders are made again before they are used.</summary>
    public virtual void WeightsChanged() { }

    public override void Import(ParameterKind kind, ReadOnlySpan<float> canonical)
    {
        if (kind is ParameterKind.WeightGradient or ParameterKind.BiasGradient) throw new ArgumentException("gradients are computed, not imported", nameof(kind));
        var (buffer, offset) = Place(kind, canonical.Length);
        buffer.Write(canonical, offset);
        if (kind == ParameterKind.Weights) WeightsChanged();
    }

    public override void Export(ParameterKind kind, Span<float> canonical)
    {
        var (buffer, offset) = Place(kind, canonical.Length);
        buffer.Read(canonical, offset);
    }

    public override void Dispose()
    {
        weights.Dispose();
        momentum.Dispose();
        if (ownsGradients) gradients?.Dispose();
    }

    private long Count => WeightCount + BiasCount;

    private nint BiasOffset => (nint)(WeightCount * sizeof(float));

    private CudaBuffer KeptGradients => gradients ?? throw new InvalidOperationException("these parameters were created without materialised gradients");

    private (CudaBuffer Buffer, long Offset) Place(ParameterKind kind, int length)
    {
        var (buffer, isWeights) = kind switch
        {
            ParameterKind.Weights => (weights, true),
            ParameterKind.Biases => (weights, false),
            ParameterKind.WeightMomentum => (momentum, true),
            ParameterKind.BiasMomentum => (momentum, false),
            ParameterKind.WeightGradient => (KeptGradients, true),
            ParameterKind.BiasGradient => (KeptGradients, false),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        var expected = isWeights ? WeightCount : BiasCount;
        if (length != expected) throw new ArgumentException($"{kind}: {length} floats were given, the layer's piece has {expected}", nameof(length));
        return (buffer, isWeights ? 0 : WeightCount);
    }
}

/// <summary>Parameters of a convolution. The input gradient reads a copy of the weights in an order of its own.</summary>
internal sealed class CudaConvolutionParameters : CudaParameters
{
    private readonly CudaBuffer packed;

    public CudaConvolutionParameters(CudaDevice device, ConvolutionShape shape, DeviceBuffer? gradients) : base(device, shape.Weights, shape.Kernels, materializeGradients: true, gradients)
    {
        Shape = shape;
        Phases = GradientPhase.Of(shape);
        GradientBorder = GradientPhase.BorderOf(shape, Phases);
        GradientKey = new GradientOf(shape);
        packed = device.AllocateFloats(shape.Weights);
    }

    public ConvolutionShape Shape { get; }

    /// <summary>The parts of the input gradient.</summary>
    public GradientPhase[] Phases { get; }

    /// <summary>Border of the output's gradient that the input gradient reads.</summary>
    public Border GradientBorder { get; }

    /// <summary>What the input gradient is called in the log.</summary>
    public object GradientKey { get; }

    public nint Packed => packed.Address;

    public bool IsPackedStale { get; set; } = true;

    public override long Bytes => base.Bytes + packed.Length * sizeof(float);

    public override void WeightsChanged() => IsPackedStale = true;

    public override void Dispose()
    {
        base.Dispose();
        packed.Dispose();
    }

    private sealed record GradientOf(ConvolutionShape Shape)
    {
        public override string ToString() =>
            $"the input gradient of {Shape.InputChannels}×{Shape.InputHeight}×{Shape.InputWidth} to {Shape.Kernels} by {Shape.KernelHeight}×{Shape.KernelWidth}";
    }
}

/// <summary>Parameters of a fully connected layer.</summary>
internal sealed class CudaFullyConnectedParameters(CudaDevice device, FullyConnectedShape shape, bool materializeGradients, DeviceBuffer? gradients)
    : CudaParameters(device, shape.Weights, shape.Outputs, materializeGradients, gradients)
{
    public FullyConnectedShape Shape => shape;

    public bool Materialized { get; } = materializeGradients;
}

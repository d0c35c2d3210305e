namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Parameters on the CPU: weights and momentum are runs of <see cref="DeviceParameters.WeightCount"/> floats in one order of the layer's choice, the
/// gradients a run of weights then biases, so that an update goes straight through memory.
/// </summary>
internal abstract unsafe class CpuParameters : DeviceParameters
{
    private readonly CpuBuffer weights;
    private readonly CpuBuffer momentum;
    private readonly CpuBuffer? gradients;
    private readonly bool ownsGradients;

    protected CpuParameters(CpuDevice device, long weightCount, int biasCount, bool materializeGradients, DeviceBuffer? gradientMemory = null)
    {
        WeightCount = weightCount;
        BiasCount = biasCount;
        weights = device.AllocateFloats(weightCount + biasCount);
        momentum = device.AllocateFloats(weightCount + biasCount);
        if (!materializeGradients) return;
        ownsGradients = gradientMemory is null;
        gradients = gradientMemory is null ? device.AllocateFloats(weightCount + biasCount) : (CpuBuffer)gradientMemory;
        if (gradients.Length < weightCount + biasCount)
            throw new ArgumentException($"the memory for gradients has {gradients.Length} floats, the layer needs {weightCount + biasCount}", nameof(gradientMemory));
    }

    public override long WeightCount { get; }

    public override int BiasCount { get; }

    public override long Bytes => (weights.Length + momentum.Length + (ownsGradients ? gradients!.Length : 0)) * sizeof(float);

    public override DeviceBuffer? Gradients => gradients;

    /// <summary>Weights then biases.</summary>
    public float* Weights => weights.Pointer;

    public float* Biases => weights.Pointer + WeightCount;

    /// <summary>Momentum of weights then biases.</summary>
    public float* WeightMomentum => momentum.Pointer;

    public float* BiasMomentum => momentum.Pointer + WeightCount;

    /// <summary>Gradients of weights then biases, where they are materialised.</summary>
    public float* WeightGradient => (gradients ?? throw new InvalidOperationException("these parameters were created without materialised gradients")).Pointer;

    public float* BiasGradient => WeightGradient + WeightCount;

    /// <summary>To be called when the weights were written: copies in other orders are made again before they are used.</summary>
    public virtual void WeightsChanged() { }

    public override void Import(ParameterKind kind, ReadOnlySpan<float> canonical)
    {
        CheckLength(kind, canonical.Length);
        switch (kind)
        {
            case ParameterKind.Weights:
                ToDeviceOrder(canonical, Weights);
                WeightsChanged();
                break;
            case ParameterKind.WeightMomentum: ToDeviceOrder(canonical, WeightMomentum); break;
            case ParameterKind.Biases: canonical.CopyTo(new Span<float>(Biases, BiasCount)); break;
            case ParameterKind.BiasMomentum: canonical.CopyTo(new Span<float>(BiasMomentum, BiasCount)); break;
            default: throw new ArgumentException("gradients are computed, not imported", nameof(kind));
        }
    }

    public override void Export(ParameterKind kind, Span<float> canonical)
    {
        CheckLength(kind, canonical.Length);
        switch (kind)
        {
            case ParameterKind.Weights: ToCanonicalOrder(Weights, canonical); break;
            case ParameterKind.WeightMomentum: ToCanonicalOrder(WeightMomentum, canonical); break;
            case ParameterKind.WeightGradient: ToCanonicalOrder(WeightGradient, canonical); break;
            case ParameterKind.Biases: new ReadOnlySpan<float>(Biases, BiasCount).CopyTo(canonical); break;
            case ParameterKind.BiasMomentum: new ReadOnlySpan<float>(BiasMomentum, BiasCount).CopyTo(canonical); break;
            case ParameterKind.BiasGradient: new ReadOnlySpan<float>(BiasGradient, BiasCount).CopyTo(canonical); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    public override void Dispose()
    {
        weights.Dispose();
        momentum.Dispose();
        if (ownsGradients) gradients?.Dispose();
    }

    /// <summary>From (inputs, outputs), outputs fastest, to the device's order.</summary>
    protected abstract void ToDeviceOrder(ReadOnlySpan<float> canonical, float* device);

    /// <summary>From the device's order to (inputs, outputs), outputs fastest.</summary>
    protected abstract void ToCanonicalOrder(float* device, Span<float> canonical);

    private void CheckLength(ParameterKind kind, int length)
    {
        var expected = kind is ParameterKind.Weights or ParameterKind.WeightMomentum or ParameterKind.WeightGradient ? WeightCount : BiasCount;
        if (length != expected) throw new ArgumentException($"{kind}: {length} floats were given, the layer's piece has {expected}", nameof(length));
    }
}

namespace AlexNetParallel.Devices;

/// <summary>
/// The weights and biases of one layer's piece on a device, with their momentum (v) and gradients. The device may keep them in
/// any order; the canonical order is (inputs, outputs), outputs fastest: (channel, ky, kx, kernel) for a convolution.
/// </summary>
public abstract class DeviceParameters : IDisposable
{
    /// <summary>Number of weights.</summary>
    public abstract long WeightCount { get; }

    /// <summary>Number of biases (= outputs).</summary>
    public abstract int BiasCount { get; }

    /// <summary>Bytes of device memory in use: weights, momentum, gradients, packed copies.</summary>
    public abstract long Bytes { get; }

    /// <summary>Sets weights or their momentum from canonical order.</summary>
    public abstract void Import(ParameterKind kind, ReadOnlySpan<float> canonical);

    /// <summary>Gives weights, momentum or gradients in canonical order.</summary>
    public abstract void Export(ParameterKind kind, Span<float> canonical);

    /// <summary>
    /// Gradients of weights then biases as one run of WeightCount + BiasCount floats in the device's own fixed order (the same for the same
    /// shape), for the exchange of data parallelism. Fully connected layers have it only where
    /// <see cref="IDevice.CreateParameters(Model.Operations.FullyConnectedShape, bool, DeviceBuffer)"/> was asked for it.
    /// </summary>
    public abstract DeviceBuffer? Gradients { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>What of a layer's parameters is meant.</summary>
public enum ParameterKind
{
    /// <summary>w.</summary>
    Weights,
    /// <summary>b.</summary>
    Biases,
    /// <summary>v of the weights.</summary>
    WeightMomentum,
    /// <summary>v of the biases.</summary>
    BiasMomentum,
    /// <summary>Gradient of the loss with respect to w, summed over the cases.</summary>
    WeightGradient,
    /// <summary>Gradient of the loss with respect to b, summed over the cases.</summary>
    BiasGradient,
}

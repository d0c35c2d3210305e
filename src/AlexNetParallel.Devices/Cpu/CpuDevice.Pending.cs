using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>Operations that are being written; this file goes as they land.</summary>
public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public void PoolingForward(PoolingShape shape, TensorView x, TensorView y, Neuron neuron, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void PoolingInputGradient(PoolingShape shape, TensorView x, TensorView y, TensorView dy, TensorView dx, Neuron neuron, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void NormalizationForward(NormalizationShape shape, TensorView x, TensorView y, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void NormalizationInputGradient(NormalizationShape shape, TensorView x, TensorView dy, TensorView dx, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void NeuronGradient(Neuron neuron, TensorView y, TensorView dy, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dropout(DropoutShape shape, TensorView x, TensorView y, ulong seed, long step, bool training, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public LossSums SoftmaxLogLoss(TensorView logits, ReadOnlySpan<int> labels, TensorView probabilities, TensorView? logitsGradient, int cases, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Sum(TensorView destination, IReadOnlyList<TensorView> sources, BlockRange blocks) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Sum(DeviceBuffer destination, IReadOnlyList<DeviceBuffer> sources, long offset, long count) => throw new NotImplementedException();
}

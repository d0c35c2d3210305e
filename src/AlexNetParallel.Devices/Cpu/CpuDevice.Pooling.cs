using AlexNetParallel.Devices.Cpu.Operations;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public void PoolingForward(PoolingShape shape, TensorView x, TensorView y, Neuron neuron, BlockRange blocks)
    {
        CheckPooling(shape, neuron);
        var job = new MaxPoolForward(shape, CheckInput(shape, x, nameof(x), blocks), CheckOutput(shape, y, nameof(y), blocks), neuron == Neuron.Relu, blocks);
        Run(job, job.Items);
    }

    /// <inheritdoc/>
    public void PoolingInputGradient(PoolingShape shape, TensorView x, TensorView y, TensorView dy, TensorView dx, Neuron neuron, BlockRange blocks)
    {
        CheckPooling(shape, neuron);
        var job = new MaxPoolInputGradient(shape,
            CheckInput(shape, x, nameof(x), blocks), CheckOutput(shape, y, nameof(y), blocks),
            CheckOutput(shape, dy, nameof(dy), blocks), CheckInput(shape, dx, nameof(dx), blocks), neuron == Neuron.Relu, blocks);
        Run(job, job.Items);
    }

    private static CpuView CheckInput(PoolingShape shape, TensorView view, string name, BlockRange blocks) =>
        Addresses(view, name, shape.Channels, shape.InputHeight, shape.InputWidth, blocks);

    private static CpuView CheckOutput(PoolingShape shape, TensorView view, string name, BlockRange blocks) =>
        Addresses(view, name, shape.Channels, shape.OutputHeight, shape.OutputWidth, blocks);
}

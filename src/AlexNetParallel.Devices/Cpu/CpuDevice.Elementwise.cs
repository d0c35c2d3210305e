using AlexNetParallel.Devices.Cpu.Operations;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public void NeuronGradient(Neuron neuron, TensorView y, TensorView dy, BlockRange blocks)
    {
        var layout = dy.Layout;
        var output = Addresses(y, nameof(y), dy.Channels, layout.Height, layout.Width, blocks);
        var gradient = Addresses(dy, nameof(dy), dy.Channels, layout.Height, layout.Width, blocks);
        if (neuron == Neuron.None) return;
        var pieces = new Pieces(dy.Channels, layout.Height, layout.Width, blocks).Dense(output.IsDense && gradient.IsDense);
        Run(new NeuronGradientJob(neuron, output, gradient, pieces), pieces.Items);
    }

    /// <inheritdoc/>
    public void Dropout(DropoutShape shape, TensorView x, TensorView y, ulong seed, long step, bool training, BlockRange blocks)
    {
        var layout = y.Layout;
        CheckDropout(shape, layout);
        var input = Addresses(x, nameof(x), shape.Channels, layout.Height, layout.Width, blocks);
        var output = Addresses(y, nameof(y), shape.Channels, layout.Height, layout.Width, blocks);
        var pieces = new Pieces(shape.Channels, layout.Height, layout.Width, blocks);
        Run(new DropoutJob(shape, input, output, new DropoutMask(shape, seed, step), training, pieces), pieces.Items);
    }

    /// <inheritdoc/>
    public void Sum(TensorView destination, IReadOnlyList<TensorView> sources, BlockRange blocks)
    {
        var layout = destination.Layout;
        CheckSources(sources.Count, nameof(sources));
        var to = Addresses(destination, nameof(destination), destination.Channels, layout.Height, layout.Width, blocks);
        var dense = to.IsDense;
        for (var i = 0; i < sources.Count; i++)
            dense &= Addresses(sources[i], nameof(sources), destination.Channels, layout.Height, layout.Width, blocks).IsDense;
        var pieces = new Pieces(destination.Channels, layout.Height, layout.Width, blocks).Dense(dense);
        Run(new SumOfTensors(to, sources, pieces), pieces.Items);
    }

    /// <inheritdoc/>
    public void Sum(DeviceBuffer destination, IReadOnlyList<DeviceBuffer> sources, long offset, long count)
    {
        CheckSources(sources.Count, nameof(sources));
        CheckBuffer(destination, nameof(destination));
        for (var i = 0; i < sources.Count; i++) CheckBuffer(sources[i], nameof(sources));
        Run(new SumOfBuffers((CpuBuffer)destination, sources, offset, count), SumOfBuffers.Items(count));

        void CheckBuffer(DeviceBuffer buffer, string name)
        {
            if (buffer is not CpuBuffer) throw new ArgumentException($"a {buffer.GetType().Name} does not lie in the host's memory", name);
            CheckRange(buffer, offset, count, name);
        }
    }
}

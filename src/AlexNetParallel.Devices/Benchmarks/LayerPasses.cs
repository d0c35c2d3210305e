using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>
/// The passes of one tower's piece of a layer, with tensors and parameters of their own: numbers between −1 and 1 that depend only on their place.
/// A pass may use what earlier ones computed.
/// </summary>
internal sealed class LayerPasses(CpuDevice device, Layer layer, int batch) : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private int seed;

    /// <summary>All case blocks of the batch.</summary>
    public BlockRange Blocks { get; } = new(0, CaseBlock.Count(batch));

    private int InputChannels => layer.InputChannels(0).Channels;

    /// <summary>Rates so small that repetitions leave the weights as they are, to a float's precision.</summary>
    private UpdateRule Rule => new(1e-12f, 1e-12f, 0.9f, 0.0005f, batch);

    /// <summary>The layer's passes in the order of a step; none for a layer that computes nothing worth timing.</summary>
    public IEnumerable<LayerPass> All() => layer switch
    {
        ConvolutionLayer convolution => Convolution(convolution),
        FullyConnectedLayer connected => FullyConnected(connected),
        PoolingLayer pooling => Pooling(pooling.Shape(layer.TowerChannels)),
        NormalizationLayer normalization => Normalization(normalization.Shape(layer.TowerChannels)),
        DropoutLayer dropout => Dropout(new DropoutShape(layer.Number, layer.TowerChannels, 0, layer.Output.Pixels, dropout.Keep)),
        SoftmaxLayer => Softmax(),
        _ => [],
    };

    public void Dispose()
    {
        foreach (var thing in owned) thing.Dispose();
    }

    private IEnumerable<LayerPass> Convolution(ConvolutionLayer convolution)
    {
        var shape = convolution.Shape(layer.TowerChannels);
        var flop = 2.0 * shape.MultiplyAdds * batch;
        var weights = Own(device.CreateParameters(shape));
        Fill(weights);
        var x = Tensor(InputChannels, layer.Input, shape.InputBorder, true);
        var y = Tensor(shape.Kernels, layer.Output, Border.None, false);
        yield return Pass("forward", b => device.ConvolutionForward(shape, x, weights, y, layer.Neuron, b), flop, [x], y, weights);
        foreach (var pass in NeuronGradient(y)) yield return pass;
        var dy = Tensor(shape.Kernels, layer.Output, shape.OutputGradientBorder, true);
        if (layer.Number > 0)
        {
            var dx = Tensor(InputChannels, layer.Input, Border.None, false);
            yield return Pass("input_gradient", b => device.ConvolutionInputGradient(shape, dy, weights, dx, b), flop, [dy], dx, weights);
        }
        yield return Parameters("weight_gradient", b => device.ConvolutionWeightGradient(shape, x, dy, weights, b, b.First == 0), flop,
            Bytes(x) + Bytes(dy), Bytes(weights), weights, ParameterKind.WeightGradient);
        yield return Parameters("update", _ => device.Update(weights, Rule), 0, 3 * Bytes(weights), 2 * Bytes(weights), weights, ParameterKind.Weights);
    }

    private IEnumerable<LayerPass> FullyConnected(FullyConnectedLayer connected)
    {
        var shape = connected.Shape(layer.TowerChannels);
        var flop = 2.0 * shape.Weights * batch;
        var weights = Own(device.CreateParameters(shape, materializeGradients: false));
        Fill(weights);
        var x = Tensor(InputChannels, layer.Input, Border.None, true);
        var y = Tensor(shape.Outputs, layer.Output, Border.None, false);
        yield return Pass("forward", b => device.FullyConnectedForward(shape, x, weights, y, layer.Neuron, b), flop, [x], y, weights);
        foreach (var pass in NeuronGradient(y)) yield return pass;
        var dy = Tensor(shape.Outputs, layer.Output, Border.None, true);
        var dx = Tensor(InputChannels, layer.Input, Border.None, false);
        yield return Pass("input_gradient", b => device.FullyConnectedInputGradient(shape, dy, weights, dx, b), flop, [dy], dx, weights);
        // The weight gradient and the update are one pass over the weights.
        yield return Parameters("weight_gradient", b => device.FullyConnectedUpdate(shape, x, dy, weights, b, Rule), flop,
            Bytes(x) + Bytes(dy) + 2 * Bytes(weights), 2 * Bytes(weights), weights, ParameterKind.Weights);
    }

    private IEnumerable<LayerPass> Pooling(PoolingShape shape)
    {
        var x = Tensor(shape.Channels, layer.Input, Border.None, true);
        var y = Tensor(shape.Channels, layer.Output, Border.None, false);
        yield return Pass("forward", b => device.PoolingForward(shape, x, y, layer.Neuron, b), 0, [x], y);
        var dy = Tensor(shape.Channels, layer.Output, Border.None, true);
        var dx = Tensor(shape.Channels, layer.Input, Border.None, false);
        yield return Pass("input_gradient", b => device.PoolingInputGradient(shape, x, y, dy, dx, layer.Neuron, b), 0, [x, y, dy], dx);
    }

    private IEnumerable<LayerPass> Normalization(NormalizationShape shape)
    {
        var x = Tensor(shape.Channels, layer.Input, Border.None, true);
        var y = Tensor(shape.Channels, layer.Output, Border.None, false);
        yield return Pass("forward", b => device.NormalizationForward(shape, x, y, b), 0, [x], y);
        var dx = Tensor(shape.Channels, layer.Input, Border.None, false);
        yield return Pass("input_gradient", b => device.NormalizationInputGradient(shape, x, y, dx, b), 0, [x, y], dx);
    }

    private IEnumerable<LayerPass> Dropout(DropoutShape shape)
    {
        var x = Tensor(shape.Channels, layer.Input, Border.None, true);
        var y = Tensor(shape.Channels, layer.Output, Border.None, false);
        yield return Pass("forward", b => device.Dropout(shape, x, y, 1, 1, true, b), 0, [x], y);
    }

    private IEnumerable<LayerPass> Softmax()
    {
        var x = Tensor(layer.Output.Channels, layer.Output, Border.None, true);
        var p = Tensor(layer.Output.Channels, layer.Output, Border.None, false);
        var dx = Tensor(layer.Output.Channels, layer.Output, Border.None, false);
        var labels = new int[batch];
        var pass = Pass("forward", b => device.SoftmaxLogLoss(x, labels, p, dx, batch, b), 0, [x], dx);
        yield return pass with { BytesWritten = pass.BytesWritten + Bytes(p) };
    }

    private IEnumerable<LayerPass> NeuronGradient(TensorView y)
    {
        if (layer.Neuron == Neuron.None) yield break;
        var dy = Tensor(y.Channels, layer.Output, Border.None, true);
        yield return Pass("neuron_gradient", b => device.NeuronGradient(layer.Neuron, y, dy, b), 0, [y, dy], dy);
    }

    private static LayerPass Pass(string name, Action<BlockRange> run, double flop, TensorView[] reads, TensorView write, DeviceParameters? weights = null) =>
        new(name, run, flop, reads.Sum(Bytes) + (weights is null ? 0 : Bytes(weights)), Bytes(write), () =>
        {
            var floats = new float[write.Layout.Size];
            write.Buffer.Read(floats);
            return floats;
        });

    private static LayerPass Parameters(string name, Action<BlockRange> run, double flop, long reads, long writes, DeviceParameters weights, ParameterKind kind) =>
        new(name, run, flop, reads, writes, () =>
        {
            var floats = new float[weights.WeightCount];
            weights.Export(kind, floats);
            return floats;
        });

    private static long Bytes(TensorView view) => view.Layout.Size * sizeof(float);

    private static long Bytes(DeviceParameters parameters) => (parameters.WeightCount + parameters.BiasCount) * sizeof(float);

    private TensorView Tensor(int channels, MapSize size, Border border, bool filled)
    {
        var layout = new TensorLayout(Blocks, new ChannelSet(new ChannelRange(0, channels)), size.Height, size.Width, border);
        var buffer = Own(device.Allocate(layout.Size));
        if (filled) FillInside(buffer, layout, channels);
        return new TensorView(buffer, layout);
    }

    private void FillInside(DeviceBuffer buffer, TensorLayout layout, int channels)
    {
        var row = new float[layout.Width * CaseBlock.Cases];
        var number = 0u;
        seed++;
        for (var block = 0; block < Blocks.Count; block++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                for (var y = 0; y < layout.Height; y++)
                {
                    for (var i = 0; i < row.Length; i++) row[i] = Number(number++);
                    buffer.Write(row, layout.Offset(block, channel) + y * layout.RowStride);
                }
            }
        }
    }

    private void Fill(DeviceParameters parameters)
    {
        var values = new float[parameters.WeightCount];
        seed++;
        for (var i = 0; i < values.Length; i++) values[i] = Number((uint)i) / 32;
        parameters.Import(ParameterKind.Weights, values);
        parameters.Import(ParameterKind.Biases, new float[parameters.BiasCount]);
    }

    /// <summary>A number in [−1, 1) that looks random, for a place in the tensor that is being filled.</summary>
    private float Number(uint place)
    {
        var bits = (place + (uint)seed * 0x9E3779B9) * 0x85EBCA6B;
        bits = (bits ^ (bits >> 15)) * 0xC2B2AE35;
        return (int)(bits ^ (bits >> 13)) * (1f / (1u << 31));
    }

    private T Own<T>(T thing) where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }
}

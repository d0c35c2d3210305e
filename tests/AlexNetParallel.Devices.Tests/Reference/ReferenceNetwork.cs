using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Reference;

/// <summary>A tiny golden network trained with the double-precision reference: shows that the operations fit together as the files expect.</summary>
internal sealed class ReferenceNetwork
{
    private readonly GoldenNetwork golden;
    private readonly Dictionary<string, HostTensor> outputs = [];

    public ReferenceNetwork(GoldenNetwork golden)
    {
        this.golden = golden;
        foreach (var layer in golden.Layers)
        {
            Weights[layer.Name] = Doubles(golden.Weights(layer));
            Biases[layer.Name] = Doubles(golden.Biases(layer));
            WeightMomentum[layer.Name] = new double[layer.WeightCount];
            BiasMomentum[layer.Name] = new double[layer.Outputs];
        }
    }

    public Dictionary<string, double[]> Weights { get; } = [];

    public Dictionary<string, double[]> Biases { get; } = [];

    public Dictionary<string, double[]> WeightMomentum { get; } = [];

    public Dictionary<string, double[]> BiasMomentum { get; } = [];

    public Dictionary<string, (double[] Weights, double[] Biases)> Gradients { get; } = [];

    /// <summary>Output of a layer by its name in the files, conv and fc before their ReLU.</summary>
    public HostTensor Output(string name) => outputs[name];

    /// <summary>One forward and backward pass; returns probabilities, the mean loss, and the mean loss's gradient of the image.</summary>
    public (HostTensor Probabilities, double Loss, HostTensor ImageGradient) Run(HostTensor images, int[] labels)
    {
        var x = images;
        foreach (var layer in golden.Layers)
        {
            outputs[layer.Name + ".x"] = x;
            var y = outputs[layer.Name] = PerGroup(layer, x, Forward);
            x = layer.Name == "fc8" ? y : ReferenceOperations.NeuronForward(Neuron.Relu, y);
            if (layer.Name is "conv1" or "conv2") x = outputs[$"norm{layer.Name[^1]}"] = Normalize(x, null);
            if (layer.Name is "conv1" or "conv2" or "conv5") x = outputs[$"pool{layer.Name[^1]}"] = ReferenceOperations.PoolingForward(PoolingOf(x), x);
        }
        var (probabilities, gradient, sums) = ReferenceOperations.SoftmaxLogLoss(x, labels);
        var dy = gradient.Map(v => v / golden.Batch);
        foreach (var layer in golden.Layers.Reverse())
        {
            var y = outputs[layer.Name];
            var active = ReferenceOperations.NeuronForward(Neuron.Relu, y);
            if (layer.Name is "conv1" or "conv2" or "conv5")
            {
                var pooled = layer.Name == "conv5" ? active : outputs[$"norm{layer.Name[^1]}"];
                var shape = PoolingOf(pooled);
                dy = ReferenceOperations.PoolingInputGradient(shape, pooled, outputs[$"pool{layer.Name[^1]}"], Reshape(dy, shape));
            }
            if (layer.Name is "conv1" or "conv2") dy = Normalize(active, dy);
            if (layer.Name != "fc8") dy = ReferenceOperations.NeuronGradient(Neuron.Relu, active, dy);
            dy = Backward(layer, outputs[layer.Name + ".x"], dy);
        }
        return (probabilities, sums.Loss / golden.Batch, dy);
    }

    public void Update()
    {
        foreach (var layer in golden.Layers)
        {
            var (dw, db) = Gradients[layer.Name];
            ReferenceOperations.Update(Weights[layer.Name], WeightMomentum[layer.Name], dw, golden.Rate, golden.Momentum, golden.WeightDecay, 1);
            ReferenceOperations.Update(Biases[layer.Name], BiasMomentum[layer.Name], db, golden.BiasRate, golden.Momentum, golden.BiasesDecay ? golden.WeightDecay : 0, 1);
        }
    }

    private static HostTensor Reshape(HostTensor tensor, PoolingShape shape)
    {
        var result = new HostTensor(tensor.Cases, shape.Channels, shape.OutputHeight, shape.OutputWidth);
        tensor.Values.CopyTo(result.Values, 0);
        return result;
    }

    private static PoolingShape PoolingOf(HostTensor x) =>
        new(x.Channels, x.Height, x.Width, 3, 2, 0, (x.Height - 3) / 2 + 1, (x.Width - 3) / 2 + 1);

    private HostTensor Normalize(HostTensor x, HostTensor? dy)
    {
        var channels = x.Channels / golden.NormalizationTowers;
        var shape = new NormalizationShape(NormalizationKind.AcrossMaps, channels, x.Height, x.Width, golden.NormalizationSize,
            golden.NormalizationK, golden.NormalizationAlpha, golden.NormalizationBeta);
        return HostTensor.Concatenate([.. Enumerable.Range(0, golden.NormalizationTowers).Select(tower => dy is null
            ? ReferenceOperations.NormalizationForward(shape, x.Slice(tower * channels, channels))
            : ReferenceOperations.NormalizationInputGradient(shape, x.Slice(tower * channels, channels), dy.Slice(tower * channels, channels)))]);
    }

    private HostTensor Forward(GoldenLayer layer, HostTensor x, int group)
    {
        var columns = layer.Outputs / layer.Groups;
        var w = Columns(layer, group);
        var b = Biases[layer.Name][(group * columns)..((group + 1) * columns)];
        return layer.KernelSize > 0
            ? ReferenceOperations.ConvolutionForward(ShapeOf(layer, x), x, w, b)
            : ReferenceOperations.FullyConnectedForward(new FullyConnectedShape(x.Channels, x.Height * x.Width, columns), x, w, b);
    }

    /// <summary>Sets the layer's gradients and returns dx.</summary>
    private HostTensor Backward(GoldenLayer layer, HostTensor x, HostTensor dy)
    {
        var columns = layer.Outputs / layer.Groups;
        var (dw, db) = (new double[layer.WeightCount], new double[layer.Outputs]);
        Gradients[layer.Name] = (dw, db);
        return PerGroup(layer, x, (_, input, group) =>
        {
            var gradient = dy.Slice(group * columns, columns);
            var fc = new FullyConnectedShape(input.Channels, input.Height * input.Width, columns);
            var (partW, partB) = layer.KernelSize > 0
                ? ReferenceOperations.ConvolutionWeightGradient(ShapeOf(layer, input), input, gradient)
                : ReferenceOperations.FullyConnectedWeightGradient(fc, input, gradient);
            for (var i = 0; i < layer.FanIn; i++) Array.Copy(partW, i * columns, dw, i * layer.Outputs + group * columns, columns);
            partB.CopyTo(db, group * columns);
            return layer.KernelSize > 0
                ? ReferenceOperations.ConvolutionInputGradient(ShapeOf(layer, input), gradient, Columns(layer, group))
                : ReferenceOperations.FullyConnectedInputGradient(fc, gradient, Columns(layer, group), input.Height, input.Width);
        });
    }

    private static HostTensor PerGroup(GoldenLayer layer, HostTensor x, Func<GoldenLayer, HostTensor, int, HostTensor> compute)
    {
        var channels = x.Channels / layer.Groups;
        return HostTensor.Concatenate([.. Enumerable.Range(0, layer.Groups).Select(g => compute(layer, x.Slice(g * channels, channels), g))]);
    }

    private double[] Columns(GoldenLayer layer, int group)
    {
        var columns = layer.Outputs / layer.Groups;
        var part = new double[layer.FanIn * columns];
        for (var i = 0; i < layer.FanIn; i++) Array.Copy(Weights[layer.Name], i * layer.Outputs + group * columns, part, i * columns, columns);
        return part;
    }

    private static ConvolutionShape ShapeOf(GoldenLayer layer, HostTensor x) => new(
        x.Channels, x.Height, x.Width, layer.Outputs / layer.Groups, layer.KernelSize, layer.KernelSize, layer.Stride, layer.Pad, layer.Pad,
        (x.Height + 2 * layer.Pad - layer.KernelSize) / layer.Stride + 1, (x.Width + 2 * layer.Pad - layer.KernelSize) / layer.Stride + 1);

    private static double[] Doubles(float[] values) => [.. values.Select(v => (double)v)];
}

using System.Runtime.InteropServices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Training.Weights.Onnx;
using Google.Protobuf;

namespace AlexNetParallel.Training.Weights;

/// <summary>
/// A network with its weights as an ONNX model (operator set 13): "images" [N, 3, H, W], R, G, B as the network reads them (mean subtracted, divided as the recipe says), to "probabilities" [N, classes].
/// Dropout is what it is at test, a factor.
/// </summary>
public sealed class OnnxExport
{
    private const int Float = 1, Int64 = 7, OperatorSet = 13, IrVersion = 8;

    private readonly OnnxGraph graph = new();
    private string current = "images";
    private int next;

    private OnnxExport(Network network, IReadOnlyDictionary<string, NamedTensor> tensors, string words)
    {
        graph.Name = network.Name;
        graph.Input.Add(Value(current, network.Input.Channels, network.Input.Height, network.Input.Width));
        foreach (var layer in network.Layers) Add(layer, tensors);
        graph.Output.Add(Value(current, network.Classes));
        Model = new OnnxModel { IrVersion = IrVersion, ProducerName = "alexnet", DocString = words, Graph = graph, OpsetImport = { new OnnxOperatorSet { Domain = "", Version = OperatorSet } } };
    }

    private OnnxModel Model { get; }

    /// <summary>Writes a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="network">The network.</param>
    /// <param name="tensors">As <see cref="WeightExchange.Export"/> gives them.</param>
    /// <param name="words">Goes into the model as its description.</param>
    public static void Write(string path, Network network, IEnumerable<NamedTensor> tensors, string words)
    {
        using var file = File.Create(path);
        new OnnxExport(network, tensors.ToDictionary(t => t.Name), words).Model.WriteTo(file);
    }

    private void Add(Layer layer, IReadOnlyDictionary<string, NamedTensor> tensors)
    {
        switch (layer)
        {
            case ConvolutionLayer c:
                var ends = Ends(c.Input, c.Output, c.KernelSize, c.Stride, c.Pad);
                Node("Conv", c.Name, [Weights(tensors, $"{c.Name}.weight"), Weights(tensors, $"{c.Name}.bias")],
                    Ints("kernel_shape", c.KernelSize, c.KernelSize), Ints("strides", c.Stride, c.Stride), Ints("pads", c.Pad, c.Pad, ends.Bottom, ends.Right), Int("group", ForeignLayout.Groups(c)));
                break;
            case FullyConnectedLayer f:
                Flatten(f.Input);
                Node("Gemm", f.Name, [Weights(tensors, $"{f.Name}.weight"), Weights(tensors, $"{f.Name}.bias")], Int("transB", 1));
                break;
            case PoolingLayer p:
                var over = Ends(p.Input, p.Output, p.Size, p.Stride, 0);
                Node("MaxPool", p.Name, [], Ints("kernel_shape", p.Size, p.Size), Ints("strides", p.Stride, p.Stride), Ints("pads", 0, 0, over.Bottom, over.Right));
                break;
            case NormalizationLayer n:
                Normalize(n);
                break;
            case DropoutLayer d:
                Node("Mul", d.Name, [Constant($"{d.Name}.keep", [], [d.Keep])]);
                break;
            case SoftmaxLayer:
                Flatten(layer.Input);
                Node("Softmax", "probabilities", [], Int("axis", 1));
                break;
            case NeuronLayer:
                break;
            default:
                throw new WeightsException($"layer {layer.Name} of type {layer.GetType().Name} has no counterpart in ONNX");
        }
        if (layer.Neuron == Neuron.Relu) Node("Relu", $"{layer.Name}.relu", []);
        if (layer.Neuron == Neuron.Tanh) Node("Tanh", $"{layer.Name}.tanh", []);
    }

    private void Normalize(NormalizationLayer n)
    {
        if (n.Kind == NormalizationKind.AcrossMaps)
        {
            // ONNX's LRN runs over all channels; towers become cases of their own. Its alpha is divided by the size.
            if (n.Towers > 1) Reshape($"{n.Name}.towers", -1, n.TowerChannels, n.Output.Height, n.Output.Width);
            Node("LRN", n.Name, [], Int("size", n.Size), Number("alpha", n.Alpha * n.Size), Number("beta", n.Beta), Number("bias", n.K));
            if (n.Towers > 1) Reshape($"{n.Name}.joined", -1, n.Output.Channels, n.Output.Height, n.Output.Width);
            return;
        }
        var x = current;
        var border = n.Size / 2;
        Node("Mul", $"{n.Name}.squares", [x]);
        // Zeros beyond the border count in the mean, so that it is the sum over the window divided by size².
        Node("AveragePool", $"{n.Name}.means", [], Ints("kernel_shape", n.Size, n.Size), Ints("strides", 1, 1), Ints("pads", border, border, border, border), Int("count_include_pad", 1));
        Node("Mul", $"{n.Name}.scaled", [Constant($"{n.Name}.alpha", [], [n.Alpha * n.Size * n.Size])]);
        Node("Add", $"{n.Name}.sum", [Constant($"{n.Name}.k", [], [n.K])]);
        Node("Pow", $"{n.Name}.power", [Constant($"{n.Name}.exponent", [], [-n.Beta])]);
        Node("Mul", n.Name, [x]);
    }

    // Zeros to the right and below: as many as the last window reaches over.
    private static (int Bottom, int Right) Ends(MapSize input, MapSize output, int size, int stride, int pad) =>
        (Math.Max(0, (output.Height - 1) * stride + size - input.Height - pad), Math.Max(0, (output.Width - 1) * stride + size - input.Width - pad));

    private void Flatten(MapSize size)
    {
        if (size.Pixels > 1) Node("Flatten", $"flat{next++}", [], Int("axis", 1));
    }

    private void Reshape(string name, params long[] shape)
    {
        graph.Initializer.Add(new OnnxTensor { Name = $"{name}.shape", DataType = Int64, Dims = { shape.Length }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(shape)) });
        Node("Reshape", name, [$"{name}.shape"]);
    }

    private void Node(string type, string name, IEnumerable<string> others, params OnnxAttribute[] attributes)
    {
        graph.Node.Add(new OnnxNode { OpType = type, Name = name, Input = { new[] { current }.Concat(others) }, Output = { name }, Attribute = { attributes } });
        current = name;
    }

    private string Weights(IReadOnlyDictionary<string, NamedTensor> tensors, string name) => Constant(name, [.. tensors[name].Shape], tensors[name].Values);

    private string Constant(string name, long[] shape, ReadOnlySpan<float> values)
    {
        graph.Initializer.Add(new OnnxTensor { Name = name, DataType = Float, Dims = { shape }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)) });
        return name;
    }

    private static OnnxValue Value(string name, params int[] sizes)
    {
        var shape = new OnnxShape { Dim = { new OnnxDimension { DimParam = "N" } } };
        foreach (var size in sizes) shape.Dim.Add(new OnnxDimension { DimValue = size });
        return new OnnxValue { Name = name, Type = new OnnxType { TensorType = new OnnxTensorType { ElemType = Float, Shape = shape } } };
    }

    private static OnnxAttribute Int(string name, long value) => new() { Name = name, I = value, Type = 2 };

    private static OnnxAttribute Number(string name, float value) => new() { Name = name, F = value, Type = 1 };

    private static OnnxAttribute Ints(string name, params long[] values) => new() { Name = name, Ints = { values }, Type = 7 };
}

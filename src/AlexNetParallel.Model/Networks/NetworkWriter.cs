using AlexNetParallel.Model.Files;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Networks;

/// <summary>Writes a network as <see cref="NetworkReader"/> reads it, every default written out.</summary>
internal static class NetworkWriter
{
    /// <summary>The word for initial weights with deviation √(2 / fan-in).</summary>
    public const string FanIn = "fan_in";

    /// <summary>The whole network.</summary>
    public static YamlMappingNode Write(Network network)
    {
        var root = new YamlMappingNode { { "name", network.Name } };
        if (network.Dialect.Length > 0) root.Add("dialect", network.Dialect);
        root.Add("input", Yaml.Line(("channels", network.Input.Channels), ("height", network.Input.Height), ("width", network.Input.Width)));
        root.Add("towers", Yaml.Value(network.Towers));
        root.Add("layers", new YamlSequenceNode(network.Layers.Select(Write)));
        return root;
    }

    private static YamlMappingNode Write(Layer layer)
    {
        var line = Yaml.Line(("name", layer.Name), ("type", LayerTypes.Of(layer)));
        void Add(string key, object value) => line.Add(key, Yaml.Value(value));
        switch (layer)
        {
            case ConvolutionLayer convolution:
                Add("channels", convolution.Output.Channels);
                Add("size", convolution.KernelSize);
                Add("stride", convolution.Stride);
                Add("pad", convolution.Pad);
                Add("round", Words.Of(OutputSize.RoundingOf(layer, convolution.KernelSize, convolution.Stride, convolution.Pad)));
                break;
            case FullyConnectedLayer:
                Add("units", layer.Output.Channels);
                break;
            case PoolingLayer pooling:
                Add("size", pooling.Size);
                Add("stride", pooling.Stride);
                Add("round", Words.Of(OutputSize.RoundingOf(layer, pooling.Size, pooling.Stride, 0)));
                break;
            case NormalizationLayer normalization:
                Add("kind", Words.Of(normalization.Kind));
                Add("size", normalization.Size);
                Add("k", normalization.K);
                Add("alpha", normalization.Alpha);
                Add("divide_alpha_by_size", false);
                Add("beta", normalization.Beta);
                break;
            case DropoutLayer dropout:
                Add("keep", dropout.Keep);
                break;
        }
        if (layer is WeightedLayer weighted)
        {
            Add("towers", layer.Towers);
            line.Add("reads", new YamlSequenceNode(layer.Reads.Select(Yaml.List)) { Style = SequenceStyle.Flow });
            Add("initial_deviation", weighted.InitialDeviation is { } deviation ? deviation : FanIn);
            Add("initial_bias", weighted.InitialBias);
        }
        if (layer is WeightedLayer or PoolingLayer or NeuronLayer) Add("neuron", Words.Of(layer.Neuron));
        return line;
    }
}

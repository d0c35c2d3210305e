using AlexNetParallel.Model.Files;

namespace AlexNetParallel.Model.Networks;

/// <summary>
/// A network that looks at a whole image in place of a crop: its fully connected layers become convolutions (the first with a window as large as the maps that it reads, the others
/// with 1×1), so that one pass gives a map of class scores. Simonyan and Zisserman (ICLR 2015), section 3.2. The weights are the same numbers in the same order:
/// (channel, y, x) of an input is (channel, ky, kx) of a kernel.
/// </summary>
public static class DenseNetwork
{
    /// <summary>The network for images of another size. It ends with the class scores, as a map: the softmax is left to who averages them.</summary>
    /// <param name="network">The network as it was trained.</param>
    /// <param name="height">Rows of the images, at least the network's.</param>
    /// <param name="width">Pixels of a row, at least the network's.</param>
    /// <exception cref="ArgumentException">The images are too small, or the maps before the first fully connected layer are not square.</exception>
    public static Network Of(Network network, int height, int width)
    {
        if (height < network.Input.Height || width < network.Input.Width)
            throw new ArgumentException($"images of {width}×{height} pixels; network {network} reads {network.Input.Width}×{network.Input.Height}, and looks at larger ones densely");
        var input = network.Input with { Height = height, Width = width };
        var (layers, size) = (new List<Layer>(), input);
        foreach (var layer in network.Layers.Where(l => l is not SoftmaxLayer))
        {
            layers.Add(Resized(layer, size));
            size = layers[^1].Output;
        }
        return network with { Input = input, Layers = new ValueList<Layer>(layers) };
    }

    private static Layer Resized(Layer layer, MapSize input) => layer switch
    {
        ConvolutionLayer c => c with { Input = input, Output = Windows(c, input, c.Output.Channels, c.KernelSize, c.Stride, c.Pad) },
        PoolingLayer p => p with { Input = input, Output = Windows(p, input, p.Output.Channels, p.Size, p.Stride, 0) },
        FullyConnectedLayer f => Convolution(f, input),
        _ => layer with { Input = input, Output = input },
    };

    private static MapSize Windows(Layer layer, MapSize input, int channels, int size, int stride, int pad)
    {
        var rounding = OutputSize.RoundingOf(layer, size, stride, pad);
        return new MapSize(channels, OutputSize.Of(input.Height, size, stride, pad, rounding), OutputSize.Of(input.Width, size, stride, pad, rounding));
    }

    private static ConvolutionLayer Convolution(FullyConnectedLayer layer, MapSize input)
    {
        var side = layer.Input.Height;
        if (layer.Input.Width != side)
            throw new ArgumentException($"layer {layer.Name} reads maps of {layer.Input.Width}×{side} pixels; only square ones can become a convolution's window");
        return new ConvolutionLayer
        {
            Number = layer.Number,
            Name = layer.Name,
            Input = input,
            Output = new MapSize(layer.Output.Channels, input.Height - side + 1, input.Width - side + 1),
            Towers = layer.Towers,
            InputTowers = layer.InputTowers,
            Reads = layer.Reads,
            Neuron = layer.Neuron,
            KernelSize = side,
            Stride = 1,
            Pad = 0,
            InitialDeviation = layer.InitialDeviation,
            InitialBias = layer.InitialBias,
        };
    }
}

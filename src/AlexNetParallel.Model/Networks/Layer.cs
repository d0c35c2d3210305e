using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Networks;

/// <summary>Size of a layer's output for one image: kernel maps, rows, pixels of a row. A fully connected layer's is (units, 1, 1).</summary>
public readonly record struct MapSize(int Channels, int Height, int Width)
{
    /// <summary>Pixels of one map.</summary>
    public int Pixels => Height * Width;

    /// <summary>Units: Channels · Height · Width.</summary>
    public int Units => Channels * Pixels;

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}×{Height}×{Width}";
}

/// <summary>
/// One layer of a resolved network. Layers form a chain: each reads the one before it. A layer's output channels are divided evenly over its towers:
/// tower t has channels [t·C/T, (t+1)·C/T). <see cref="Reads"/> tells which towers of the input each tower reads.
/// </summary>
public abstract record Layer
{
    /// <summary>Position in the network, from 0. Part of the keys of random numbers.</summary>
    public required int Number { get; init; }

    /// <summary>The name in the network's file, e.g. "conv1".</summary>
    public required string Name { get; init; }

    /// <summary>Size of the input of one image, all towers.</summary>
    public required MapSize Input { get; init; }

    /// <summary>Size of the output of one image, all towers.</summary>
    public required MapSize Output { get; init; }

    /// <summary>Towers into which the output is divided: the network's number, or 1 where the towers are joined (fc8 of net 145).</summary>
    public required int Towers { get; init; }

    /// <summary>
    /// For each tower of this layer the towers of the layer before it that it reads, ascending; the same number for each.
    /// The image has one tower, which everybody reads.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<int>> Reads { get; init; }

    /// <summary>Towers into which the input is divided (<see cref="Towers"/> of the layer before; 1 for the image).</summary>
    public required int InputTowers { get; init; }

    /// <summary>The function applied to the output.</summary>
    public Neuron Neuron { get; init; }

    /// <summary>Channels of one tower of the output.</summary>
    public int TowerChannels => Output.Channels / Towers;

    /// <summary>The output channels of a tower.</summary>
    public ChannelRange TowerRange(int tower) => new(tower * TowerChannels, TowerChannels);

    /// <summary>The input channels that a tower reads.</summary>
    public ChannelSet InputChannels(int tower)
    {
        var each = Input.Channels / InputTowers;
        return new ChannelSet(Reads[tower].Select(t => new ChannelRange(t * each, each)));
    }
}

/// <summary>A layer with weights: what the schedule's rates, checkpoints and parameter counts are about.</summary>
public abstract record WeightedLayer : Layer
{
    /// <summary>Standard deviation of the initial weights N(0, σ²); null for √(2 / fan-in).</summary>
    public float? InitialDeviation { get; init; }

    /// <summary>Initial value of all biases.</summary>
    public float InitialBias { get; init; }

    /// <summary>Weights of one output channel.</summary>
    public abstract int FanIn { get; }

    /// <summary>Number of weights, all towers.</summary>
    public long WeightCount => (long)FanIn * Output.Channels;

    /// <summary>Number of weights and biases, all towers.</summary>
    public long ParameterCount => WeightCount + Output.Channels;

    /// <summary>Multiply-adds of the forward pass for one image, all towers.</summary>
    public long MultiplyAdds => WeightCount * Output.Pixels;
}

/// <summary>Convolution (cross-correlation).</summary>
public sealed record ConvolutionLayer : WeightedLayer
{
    /// <summary>Side of the square kernel.</summary>
    public required int KernelSize { get; init; }

    /// <summary>Pixels from a window to the next.</summary>
    public required int Stride { get; init; }

    /// <summary>Zero pixels above and left of the image; to the right and below as many as the windows need.</summary>
    public required int Pad { get; init; }

    /// <inheritdoc/>
    public override int FanIn => InputChannels(0).Channels * KernelSize * KernelSize;

    /// <summary>Sizes for a piece with some of a tower's kernels.</summary>
    public ConvolutionShape Shape(int kernels) => new(
        InputChannels(0).Channels, Input.Height, Input.Width, kernels, KernelSize, KernelSize, Stride, Pad, Pad, Output.Height, Output.Width);
}

/// <summary>Fully connected.</summary>
public sealed record FullyConnectedLayer : WeightedLayer
{
    /// <inheritdoc/>
    public override int FanIn => InputChannels(0).Channels * Input.Pixels;

    /// <summary>Sizes for a piece with some of a tower's units.</summary>
    public FullyConnectedShape Shape(int outputs) => new(InputChannels(0).Channels, Input.Pixels, outputs);
}

/// <summary>Max pooling.</summary>
public sealed record PoolingLayer : Layer
{
    /// <summary>Side of the square window.</summary>
    public required int Size { get; init; }

    /// <summary>Pixels from a window to the next.</summary>
    public required int Stride { get; init; }

    /// <summary>Sizes for a piece with some channels.</summary>
    public PoolingShape Shape(int channels) => new(channels, Input.Height, Input.Width, Size, Stride, 0, Output.Height, Output.Width);
}

/// <summary>Response normalisation within a tower.</summary>
public sealed record NormalizationLayer : Layer
{
    /// <summary>Which neighbours.</summary>
    public required NormalizationKind Kind { get; init; }

    /// <summary>Number of channels, or side of the window.</summary>
    public required int Size { get; init; }

    /// <summary>The paper's k.</summary>
    public required float K { get; init; }

    /// <summary>Coefficient on the plain sum of squares.</summary>
    public required float Alpha { get; init; }

    /// <summary>Exponent.</summary>
    public required float Beta { get; init; }

    /// <summary>Sizes for a piece with some channels.</summary>
    public NormalizationShape Shape(int channels) => new(Kind, channels, Input.Height, Input.Width, Size, K, Alpha, Beta);
}

/// <summary>Dropout as in the paper's section 4.2.</summary>
public sealed record DropoutLayer : Layer
{
    /// <summary>Probability that a unit is kept.</summary>
    public required float Keep { get; init; }
}

/// <summary>A layer that is only its neuron (a ReLU that stands by itself).</summary>
public sealed record NeuronLayer : Layer;

/// <summary>Softmax and log-loss: the last layer.</summary>
public sealed record SoftmaxLayer : Layer;

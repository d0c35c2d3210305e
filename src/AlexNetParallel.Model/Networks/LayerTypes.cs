namespace AlexNetParallel.Model.Networks;

/// <summary>The words that network and partition files use for the types of layers.</summary>
public static class LayerTypes
{
    /// <summary><see cref="ConvolutionLayer"/>.</summary>
    public const string Convolution = "convolution";

    /// <summary><see cref="FullyConnectedLayer"/>.</summary>
    public const string FullyConnected = "fully_connected";

    /// <summary><see cref="PoolingLayer"/>.</summary>
    public const string MaxPooling = "max_pooling";

    /// <summary><see cref="NormalizationLayer"/>.</summary>
    public const string ResponseNormalization = "response_normalization";

    /// <summary><see cref="DropoutLayer"/>.</summary>
    public const string Dropout = "dropout";

    /// <summary><see cref="NeuronLayer"/>.</summary>
    public const string Neuron = "neuron";

    /// <summary><see cref="SoftmaxLayer"/>.</summary>
    public const string Softmax = "softmax";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Convolution, FullyConnected, MaxPooling, ResponseNormalization, Dropout, Neuron, Softmax];

    /// <summary>The word for a layer's type.</summary>
    public static string Of(Layer layer) => layer switch
    {
        ConvolutionLayer => Convolution,
        FullyConnectedLayer => FullyConnected,
        PoolingLayer => MaxPooling,
        NormalizationLayer => ResponseNormalization,
        DropoutLayer => Dropout,
        NeuronLayer => Neuron,
        SoftmaxLayer => Softmax,
        _ => throw new ArgumentException($"no word for {layer.GetType().Name}", nameof(layer)),
    };
}

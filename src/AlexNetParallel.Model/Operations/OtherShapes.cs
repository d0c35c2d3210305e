namespace AlexNetParallel.Model.Operations;

/// <summary>The function applied to a layer's output ("neuron" in the 2012 configuration files).</summary>
public enum Neuron
{
    /// <summary>The identity.</summary>
    None,
    /// <summary>max(0, x); the gradient passes where the output is above 0 (include/neuron.cuh of the 2012 program).</summary>
    Relu,
    /// <summary>tanh(x).</summary>
    Tanh,
}

/// <summary>
/// Max pooling: y[c,oy,ox] = max over the window [oy*Stride - Pad, +Size) x [ox*Stride - Pad, +Size), clipped to the image.
/// Backward, every input equal to the maximum receives the whole gradient (the 2012 program's rule; overlapping windows add up).
/// </summary>
/// <param name="Channels">Channels of input and output.</param>
/// <param name="InputHeight">Rows of the input.</param>
/// <param name="InputWidth">Pixels of an input row.</param>
/// <param name="Size">Side of the square window, pixels.</param>
/// <param name="Stride">Pixels from a window to the next.</param>
/// <param name="Pad">Pixels above and left of the image where windows begin.</param>
/// <param name="OutputHeight">Rows of the output.</param>
/// <param name="OutputWidth">Pixels of an output row.</param>
/// <param name="FirstTieOnly">Only the first maximum in row-major order receives the gradient (Caffe, PyTorch), for comparisons.</param>
public sealed record PoolingShape(
    int Channels, int InputHeight, int InputWidth, int Size, int Stride, int Pad, int OutputHeight, int OutputWidth, bool FirstTieOnly = false);

/// <summary>Which neighbours a response normalisation sums over.</summary>
public enum NormalizationKind
{
    /// <summary>The same pixel in Size neighbouring channels ("cmrnorm"; the paper's section 3.3).</summary>
    AcrossMaps,
    /// <summary>A Size x Size window of the same channel ("rnorm" of the 2012 program), clipped at the edges.</summary>
    SameMap,
}

/// <summary>
/// Response normalisation: y_i = x_i * (K + Alpha * sum over j of x_j^2) ^ -Beta, over the neighbours of i, cut at the ends of the tower.
/// </summary>
/// <param name="Kind">Which neighbours.</param>
/// <param name="Channels">Channels of the tower's piece.</param>
/// <param name="Height">Rows of a map.</param>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Size">Number of channels, or side of the window: odd; Size/2 on either side.</param>
/// <param name="K">Added to the sum (the paper's k; "minDiv").</param>
/// <param name="Alpha">Coefficient on the plain sum of squares (the 2012 program's scale, already divided by its window's size).</param>
/// <param name="Beta">Exponent; 0.75 has a fast path, any other is right.</param>
public sealed record NormalizationShape(
    NormalizationKind Kind, int Channels, int Height, int Width, int Size, float K, float Alpha, float Beta);

/// <summary>A fully connected layer as one tower's piece computes it: y[o] = b[o] + sum over i of w[i,o] * x[i], i in order channel, y, x.</summary>
/// <param name="InputChannels">Channels read.</param>
/// <param name="InputPixels">Height times width of an input map.</param>
/// <param name="Outputs">Units.</param>
public sealed record FullyConnectedShape(int InputChannels, int InputPixels, int Outputs)
{
    /// <summary>Inputs of a unit.</summary>
    public int Inputs => InputChannels * InputPixels;

    /// <summary>Number of weights, and multiply-adds of the forward pass for one image.</summary>
    public long Weights => (long)Inputs * Outputs;
}

/// <summary>
/// Dropout as in the paper's section 4.2: training multiplies by a Bernoulli mask without rescaling, test multiplies by <paramref name="Keep"/>.
/// The mask of (case, unit) comes from Philox keyed by (seed, layer, step, global unit, global case), so it does not depend on the split.
/// </summary>
/// <param name="Layer">Number of the layer in the network, part of the key.</param>
/// <param name="Channels">Channels of the piece.</param>
/// <param name="FirstChannel">Global number of the piece's first channel.</param>
/// <param name="Pixels">Height times width of a map.</param>
/// <param name="Keep">Probability that a unit is kept.</param>
public sealed record DropoutShape(int Layer, int Channels, int FirstChannel, int Pixels, float Keep);

/// <summary>
/// One update of the paper's section 5 with the 2012 program's order (src/weights.cu): v ← m·v + ε·g/N − ε·decay·w, w ← w + v, with g the
/// gradient of the log-likelihood summed over the cases. Our gradients are of the loss, so g enters with a minus. A rate of 0 changes nothing, not even v.
/// </summary>
/// <param name="WeightRate">ε of the weights.</param>
/// <param name="BiasRate">ε of the biases.</param>
/// <param name="Momentum">m, for weights and biases.</param>
/// <param name="WeightDecay">Decay of the weights; biases have none.</param>
/// <param name="Cases">N: images of the whole minibatch, by which gradients are divided.</param>
public readonly record struct UpdateRule(float WeightRate, float BiasRate, float Momentum, float WeightDecay, int Cases);

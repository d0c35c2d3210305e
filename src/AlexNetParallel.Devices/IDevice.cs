using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices;

/// <summary>
/// What a worker computes with: the operations of these networks over buffers in blocked CHWN layout. Operations on activations work on a run
/// of case blocks, so that a block can be sent while the next is computed. Every sum has a fixed order that depends neither on
/// the number of threads, nor on how a run of blocks is cut into calls, nor on where a tensor lies.
/// Gradients are of the summed loss: the division by the number of cases is the update's.
/// </summary>
public interface IDevice : IDisposable
{
    /// <summary>"cpu" or "cuda", with what was chosen in parentheses, e.g. "cpu (AVX-512, 1 thread)".</summary>
    string Description { get; }

    /// <summary>Bytes allocated on the device now.</summary>
    long AllocatedBytes { get; }

    /// <summary>Zeroed memory.</summary>
    DeviceBuffer Allocate(long floats);

    /// <summary>True where the device computes on the host's memory, so that tensors can lie in memory of a transport or of the feed.</summary>
    bool ComputesInHostMemory { get; }

    /// <summary>Memory that somebody else owns (shared with another process, or a part of another buffer), as a buffer.</summary>
    /// <param name="address">Address as in <see cref="DeviceBuffer.Address"/>: of the host, or of the device where it does not compute in the host's memory.</param>
    /// <param name="floats">Number of floats.</param>
    DeviceBuffer Wrap(nint address, long floats);

    /// <summary>Parameters of a convolution, all 0.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="gradients">Memory for <see cref="DeviceParameters.Gradients"/> that other workers reach; stays the caller's. Null: the device allocates it.</param>
    DeviceParameters CreateParameters(ConvolutionShape shape, DeviceBuffer? gradients = null);

    /// <summary>Parameters of a fully connected layer, all 0.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="materializeGradients">
    /// True where gradients must be seen (data parallelism, tests): <see cref="FullyConnectedWeightGradient"/> then writes them and <see cref="Update"/>
    /// applies them. False: <see cref="FullyConnectedUpdate"/> does both in one pass over the weights. Same bits either way.
    /// </param>
    /// <param name="gradients">As for a convolution; only with <paramref name="materializeGradients"/>.</param>
    DeviceParameters CreateParameters(FullyConnectedShape shape, bool materializeGradients, DeviceBuffer? gradients = null);

    /// <summary>y = neuron(conv(x, w) + b).</summary>
    void ConvolutionForward(ConvolutionShape shape, TensorView x, DeviceParameters parameters, TensorView y, Neuron neuron, BlockRange blocks);

    /// <summary>dx = the gradient with respect to x; overwrites dx inside its border. <paramref name="dy"/> is stored with <see cref="ConvolutionShape.OutputGradientBorder"/>.</summary>
    void ConvolutionInputGradient(ConvolutionShape shape, TensorView dy, DeviceParameters parameters, TensorView dx, BlockRange blocks);

    /// <summary>Gradients of weights and biases: set by the first run of blocks (<paramref name="first"/>), added to by later ones; blocks in ascending order.</summary>
    void ConvolutionWeightGradient(ConvolutionShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks, bool first);

    /// <summary>y = neuron(x·w + b).</summary>
    void FullyConnectedForward(FullyConnectedShape shape, TensorView x, DeviceParameters parameters, TensorView y, Neuron neuron, BlockRange blocks);

    /// <summary>dx = dy·wᵀ; overwrites dx.</summary>
    void FullyConnectedInputGradient(FullyConnectedShape shape, TensorView dy, DeviceParameters parameters, TensorView dx, BlockRange blocks);

    /// <summary>Gradients of weights and biases over all <paramref name="blocks"/>; overwrites. Only for materialised gradients.</summary>
    void FullyConnectedWeightGradient(FullyConnectedShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks);

    /// <summary>Weight gradient and update in one pass; for parameters without materialised gradients.</summary>
    void FullyConnectedUpdate(FullyConnectedShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks, UpdateRule rule);

    /// <summary>y = neuron(max pool of x). Neuron.None or Neuron.Relu.</summary>
    void PoolingForward(PoolingShape shape, TensorView x, TensorView y, Neuron neuron, BlockRange blocks);

    /// <summary>dx from dy, where y is the pooling's output (after its neuron); dy is the gradient with respect to y. Overwrites dx inside its border.</summary>
    void PoolingInputGradient(PoolingShape shape, TensorView x, TensorView y, TensorView dy, TensorView dx, Neuron neuron, BlockRange blocks);

    /// <summary>Response normalisation.</summary>
    void NormalizationForward(NormalizationShape shape, TensorView x, TensorView y, BlockRange blocks);

    /// <summary>dx from dy; the powers are computed again from x. Overwrites dx inside its border; dx must not be dy.</summary>
    void NormalizationInputGradient(NormalizationShape shape, TensorView x, TensorView dy, TensorView dx, BlockRange blocks);

    /// <summary>dy *= neuron'(y), in place inside dy's border; y is the neuron's output.</summary>
    void NeuronGradient(Neuron neuron, TensorView y, TensorView dy, BlockRange blocks);

    /// <summary>Training: y = x · mask(step), test (<paramref name="training"/> false): y = x · keep. y may be x. The same call with dy for x gives the gradient.</summary>
    void Dropout(DropoutShape shape, TensorView x, TensorView y, ulong seed, long step, bool training, BlockRange blocks);

    /// <summary>
    /// Softmax over the view's channels and the log-loss of the labels. Cases from <paramref name="cases"/> on are padding: probabilities 0, gradient 0.
    /// </summary>
    /// <param name="logits">Scores, 1×1 pixel.</param>
    /// <param name="labels">Label of each case of the whole batch; host memory.</param>
    /// <param name="probabilities">Softmax of the scores.</param>
    /// <param name="logitsGradient">probabilities − 1[label]: the gradient of the summed loss. Null at test.</param>
    /// <param name="cases">Images in the whole batch.</param>
    /// <param name="blocks">Blocks to compute.</param>
    /// <returns>Sums over the cases of these blocks.</returns>
    LossSums SoftmaxLogLoss(TensorView logits, ReadOnlySpan<int> labels, TensorView probabilities, TensorView? logitsGradient, int cases, BlockRange blocks);

    /// <summary>destination = ((sources[0] + sources[1]) + sources[2]) + …, inside the border; all views have the same channels and pixels, borders may differ. A source may be the destination.</summary>
    void Sum(TensorView destination, IReadOnlyList<TensorView> sources, BlockRange blocks);

    /// <summary>One update of weights and biases from the materialised gradients.</summary>
    void Update(DeviceParameters parameters, UpdateRule rule);

    /// <summary>gradients = ((sources[0] + sources[1]) + …) over floats [offset, offset + count): the reduction of data parallelism.</summary>
    void Sum(DeviceBuffer destination, IReadOnlyList<DeviceBuffer> sources, long offset, long count);

    /// <summary>FLOP a second that the device reaches at best now, measured in some milliseconds; a multiply-add counts as two. 0 where it cannot be measured.</summary>
    double MeasurePeak() => 0;

    /// <summary>Waits until everything asked for is done.</summary>
    void Synchronize();
}

/// <summary>Sums over cases, as the 2012 program reports them (src/layer_kernels.cu): credit at ties is shared.</summary>
/// <param name="Loss">Sum of −log p(label), nats.</param>
/// <param name="Top1Errors">Sum of 1 − top-1 credit: 0 if p(label) is not the maximum, else 1 / number of classes equal to it.</param>
/// <param name="Top5Errors">Sum of 1 − top-5 credit: with s = 5 − number of larger ones; s ≤ 0: 0; equals (label included) ≤ s: 1; else s / equals.</param>
public readonly record struct LossSums(double Loss, double Top1Errors, double Top5Errors)
{
    /// <summary>Adds the sums of other cases.</summary>
    public static LossSums operator +(LossSums a, LossSums b) => new(a.Loss + b.Loss, a.Top1Errors + b.Top1Errors, a.Top5Errors + b.Top5Errors);
}

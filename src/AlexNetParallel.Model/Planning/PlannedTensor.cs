using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>What a tensor of a worker is for.</summary>
public enum TensorRole
{
    /// <summary>The images of the batch: written by the feed.</summary>
    Image,
    /// <summary>Output of a layer: what this worker computes of it and what it receives.</summary>
    Activation,
    /// <summary>Gradient of the loss with respect to a layer's output, complete.</summary>
    Gradient,
    /// <summary>One piece's share of a gradient, computed here.</summary>
    Contribution,
    /// <summary>One piece's share of a gradient, computed elsewhere and received.</summary>
    ReceivedContribution,
    /// <summary>Gradients of replicated parameters (in the parameters' own memory).</summary>
    ParameterGradient,
    /// <summary>Another worker's gradients of replicated parameters, received.</summary>
    ReceivedParameterGradient,
}

/// <summary>One tensor in a worker's memory.</summary>
/// <param name="Id">Number on this worker, from 0.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Name">For people: "pool2", "gradient of conv3", …</param>
/// <param name="LayerNumber">The layer whose output, or whose gradient, it is; −1 for the image.</param>
/// <param name="Layout">How it lies; for parameter gradients one flat row.</param>
/// <param name="Crosses">True when slabs leave or enter it, so that its memory comes from the transport.</param>
public sealed record PlannedTensor(int Id, TensorRole Role, string Name, int LayerNumber, TensorLayout Layout, bool Crosses)
{
    /// <summary>Bytes of memory.</summary>
    public long Bytes => Layout.Size * sizeof(float);
}

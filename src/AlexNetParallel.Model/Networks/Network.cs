namespace AlexNetParallel.Model.Networks;

/// <summary>
/// The function that is trained: layers, their sizes, and which towers each reads. Independent of where it runs.
/// </summary>
/// <param name="Name">Name of its file, e.g. "alexnet-2012".</param>
/// <param name="Dialect">"paper" or "source" where the network has both, else empty.</param>
/// <param name="Input">Size of the images as the network reads them.</param>
/// <param name="Towers">Number of towers.</param>
/// <param name="Layers">The chain, first to last; the last is a <see cref="SoftmaxLayer"/>.</param>
public sealed record Network(string Name, string Dialect, MapSize Input, int Towers, IReadOnlyList<Layer> Layers)
{
    /// <summary>Number of classes.</summary>
    public int Classes => Layers[^1].Output.Channels;

    /// <summary>Layers with weights, in order.</summary>
    public IEnumerable<WeightedLayer> Weighted => Layers.OfType<WeightedLayer>();

    /// <summary>Weights and biases, all layers.</summary>
    public long ParameterCount => Weighted.Sum(l => l.ParameterCount);

    /// <summary>Multiply-adds of the forward pass for one image.</summary>
    public long MultiplyAdds => Weighted.Sum(l => l.MultiplyAdds);

    /// <summary>
    /// Floating-point operations of one training image: 2 a multiply-add, forward, input gradient and weight gradient; the first layer needs no input gradient.
    /// </summary>
    public long TrainingOperations => 2 * (3 * MultiplyAdds - (Weighted.FirstOrDefault()?.MultiplyAdds ?? 0));

    /// <summary>The layer of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists the names.</exception>
    public Layer this[string name] => Layers.FirstOrDefault(l => l.Name == name)
        ?? throw new KeyNotFoundException($"network {Name} has no layer '{name}'; it has {string.Join(", ", Layers.Select(l => l.Name))}");

    /// <summary>"alexnet-2012 (source)".</summary>
    public override string ToString() => Dialect.Length > 0 ? $"{Name} ({Dialect})" : Name;
}

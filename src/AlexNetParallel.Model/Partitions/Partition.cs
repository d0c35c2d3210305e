using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Partitions;

/// <summary>
/// Where a network runs: for each layer, how its output is divided over the workers. It does not say how many workers there are.
/// </summary>
/// <param name="Name">Name of its file, e.g. "paper".</param>
/// <param name="Default">For layers with weights that nothing in <paramref name="Layers"/> is about.</param>
/// <param name="Layers">
/// Exceptions. A key is the name of a layer ("conv3"), or a type of layer as network files write it ("convolution", "fully_connected", "softmax" …),
/// or "classifier": the last layer with weights. A name goes before "classifier", and that before a type.
/// </param>
/// <param name="MicroBatches">In which parts the fully connected layers take the batch.</param>
public sealed record Partition(string Name, Sharding Default, IReadOnlyDictionary<string, Sharding> Layers, MicroBatches MicroBatches = MicroBatches.None)
{
    /// <summary>What activations and their gradients are while they cross.</summary>
    public Wire Wire { get; init; } = Wire.Single;

    /// <summary>The key that means the last layer with weights (fc8 of net 145).</summary>
    public const string Classifier = "classifier";

    /// <summary>
    /// The sharding of every layer of a network, by <see cref="Layer.Number"/>. A layer without weights that <see cref="Layers"/> says nothing
    /// about takes that of the layer it reads.
    /// </summary>
    /// <exception cref="RecipeException">A key is neither a layer of the network nor a type of layer.</exception>
    public IReadOnlyList<Sharding> For(Network network)
    {
        var keys = new LayerKeys<Sharding>(Name, network, Layers);
        var shardings = new Sharding[network.Layers.Count];
        foreach (var layer in network.Layers)
        {
            if (keys.TryGet(layer, out var sharding)) shardings[layer.Number] = sharding;
            else shardings[layer.Number] = layer is WeightedLayer || layer.Number == 0 ? Default : shardings[layer.Number - 1];
        }
        return shardings;
    }

    /// <summary>The same name, default, exceptions, micro-batches and wire.</summary>
    public bool Equals(Partition? other) =>
        other is not null && Name == other.Name && Default == other.Default && MicroBatches == other.MicroBatches && Wire == other.Wire && Layers.Count == other.Layers.Count
        && Layers.All(l => other.Layers.TryGetValue(l.Key, out var sharding) && sharding == l.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Default, Layers.Count, MicroBatches, Wire);
}

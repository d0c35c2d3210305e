using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Partitions;

/// <summary>What floats are while they cross between workers.</summary>
public enum WireFormat
{
    /// <summary>As they are: 4 bytes.</summary>
    Single,
    /// <summary>
    /// Rounded to the nearest half-precision number (IEEE 754 binary16, ties to even), 2 bytes, and made single again on arrival. Above 65,504 that is infinity, below
    /// 6e-8 it is 0. The 2012 program's quantF and quantB "half" (src/quantizer.cu), with which its net 170-quant was trained.
    /// </summary>
    Half,
}

/// <summary>
/// What activations and their gradients are on the wire, layer by layer: an exchange is the layer's that reads what crosses. Gradients and sums of replicated
/// parameters always cross as they are, or the copies of a weight would no longer be equal.
/// </summary>
/// <param name="Default">For layers that nothing in <paramref name="Layers"/> is about.</param>
/// <param name="Layers">Exceptions; keys as in <see cref="Partition.Layers"/>.</param>
public sealed record Wire(WireFormat Default, IReadOnlyDictionary<string, WireFormat> Layers)
{
    /// <summary>Everything crosses as it is.</summary>
    public static Wire Single { get; } = new(WireFormat.Single, new Dictionary<string, WireFormat>());

    /// <summary>The format of every layer's exchanges, by <see cref="Layer.Number"/>.</summary>
    /// <exception cref="Files.RecipeException">A key is neither a layer of the network nor a type of layer.</exception>
    public IReadOnlyList<WireFormat> For(string partition, Network network)
    {
        var keys = new LayerKeys<WireFormat>(partition, network, Layers);
        return [.. network.Layers.Select(layer => keys.TryGet(layer, out var format) ? format : Default)];
    }

    /// <summary>The same default and exceptions.</summary>
    public bool Equals(Wire? other) => other is not null && Default == other.Default && Layers.Count == other.Layers.Count
        && Layers.All(l => other.Layers.TryGetValue(l.Key, out var format) && format == l.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Default, Layers.Count);
}

using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Partitions;

/// <summary>
/// What a partition says about single layers of a network: by name, as "classifier" (the last layer with weights), or by type. A name goes before
/// "classifier", and that before a type.
/// </summary>
internal sealed class LayerKeys<T>
{
    private readonly IReadOnlyDictionary<string, T> values;
    private readonly Layer? classifier;

    /// <exception cref="RecipeException">A key is neither a layer of the network nor a type of layer.</exception>
    public LayerKeys(string partition, Network network, IReadOnlyDictionary<string, T> values)
    {
        this.values = values;
        classifier = network.Weighted.LastOrDefault();
        foreach (var key in values.Keys)
        {
            if (key != Partition.Classifier && !LayerTypes.All.Contains(key) && network.Layers.All(l => l.Name != key))
            {
                throw new RecipeException($"partition {partition}", 0,
                    $"layer '{key}', which network {network.Name} does not have",
                    $"one of {string.Join(", ", network.Layers.Select(l => l.Name))}, '{Partition.Classifier}', or a type of layer");
            }
        }
    }

    /// <summary>What is said about a layer, if anything is.</summary>
    public bool TryGet(Layer layer, out T? value) => values.TryGetValue(layer.Name, out value)
        || (layer.Number == classifier?.Number && values.TryGetValue(Partition.Classifier, out value))
        || values.TryGetValue(LayerTypes.Of(layer), out value);
}

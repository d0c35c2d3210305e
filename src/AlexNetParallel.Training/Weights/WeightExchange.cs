using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Checkpoints;

namespace AlexNetParallel.Training.Weights;

/// <summary>How weights from elsewhere differ from ours.</summary>
/// <param name="BlueFirst">The first layer reads blue, green, red (Caffe, OpenCV): its input channels 0 and 2 are exchanged.</param>
/// <param name="InvertedDropout">
/// Trained with dropout that scales in training and not at test (Caffe, PyTorch): weights behind a dropout are divided by its keep probability, since ours scales at test as the 2012 program does. For keep =
/// 0.5 that is exact.
/// </param>
public sealed record Conventions(bool BlueFirst, bool InvertedDropout)
{
    /// <summary>As our own files have it.</summary>
    public static Conventions Ours => new(false, false);

    /// <summary>As Caffe has it.</summary>
    public static Conventions Caffe => new(true, true);
}

/// <summary>Between a checkpoint's parameters and tensors as other programs have them: "conv1.weight" [kernels, channels / groups, ky, kx], "conv1.bias", "fc6.weight" [units, inputs].</summary>
public static class WeightExchange
{
    /// <summary>All weights and biases of a checkpoint.</summary>
    public static IEnumerable<NamedTensor> Export(Checkpoint checkpoint, Network network)
    {
        foreach (var layer in network.Weighted)
        {
            var all = new ChannelRange(0, layer.Output.Channels);
            yield return new NamedTensor($"{layer.Name}.weight", ForeignLayout.Shape(layer), ForeignLayout.ToForeign(layer, checkpoint.Read(layer, ParameterKind.Weights, all)));
            yield return new NamedTensor($"{layer.Name}.bias", [layer.Output.Channels], checkpoint.Read(layer, ParameterKind.Biases, all));
        }
    }

    /// <summary>Weights (canonical order) and biases by layer.</summary>
    /// <param name="tensors">What a file holds.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="network">Whose layers are filled: every one must be there, and no other.</param>
    /// <param name="conventions">How the weights differ from ours.</param>
    /// <param name="only">Layers to take; the others begin as in a new run, and what the file has besides is passed over. Null for all.</param>
    /// <param name="seed">Seed of the weights of those that are not taken.</param>
    /// <exception cref="WeightsException">The file's layers are not the network's.</exception>
    public static IReadOnlyDictionary<string, (float[] Weights, float[] Biases)> Import(IReadOnlyList<NamedTensor> tensors, string file, Network network, Conventions conventions,
        IReadOnlyCollection<string>? only = null, ulong seed = 0)
    {
        if (only?.FirstOrDefault(name => network.Weighted.All(l => l.Name != name)) is { } unknown)
            throw new WeightsException($"network {network.Name} has no layer '{unknown}' with weights; it has {string.Join(", ", network.Weighted.Select(l => l.Name))}");
        var byName = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
            if (!byName.TryAdd(tensor.Name, tensor)) throw new WeightsException($"{file} has {tensor.Name} twice");
        var wanted = network.Weighted.SelectMany(l => (IEnumerable<string>)[$"{l.Name}.weight", $"{l.Name}.bias"]).ToHashSet(StringComparer.Ordinal);
        if (only is null && byName.Keys.FirstOrDefault(n => !wanted.Contains(n)) is { } stranger)
            throw new WeightsException($"{file} has {byName[stranger]}, which network {network.Name} lacks; its layers with weights are {string.Join(", ", network.Weighted.Select(l => l.Name))}");
        return network.Weighted.ToDictionary(l => l.Name, l => only is null || only.Contains(l.Name) ? (Weights(l), Biases(l)) : (InitialWeights.Of(l, seed), Begin(l)));

        static float[] Begin(WeightedLayer layer)
        {
            var biases = new float[layer.Output.Channels];
            biases.AsSpan().Fill(layer.InitialBias);
            return biases;
        }

        float[] Weights(WeightedLayer layer)
        {
            var values = Find($"{layer.Name}.weight", ForeignLayout.Shape(layer)).Values;
            if (conventions.BlueFirst && layer.Number == 0) values = ExchangeChannels(values, layer);
            if (conventions.InvertedDropout && layer.Number > 0 && network.Layers[layer.Number - 1] is DropoutLayer dropout) values = Array.ConvertAll(values, v => v / dropout.Keep);
            return ForeignLayout.ToCanonical(layer, values);
        }

        float[] Biases(WeightedLayer layer) => Find($"{layer.Name}.bias", [layer.Output.Channels]).Values;

        NamedTensor Find(string name, IReadOnlyList<long> shape)
        {
            if (!byName.TryGetValue(name, out var tensor)) throw new WeightsException($"{file} has no {name}; expected all layers of network {network.Name} (found {string.Join(", ", tensors.Take(8).Select(t => t.Name))} …)");
            // Caffe's older files write [1, 1, O, I] and [1, 1, 1, O].
            return tensor.Shape.SkipWhile(s => s == 1).SequenceEqual(shape.SkipWhile(s => s == 1)) ? tensor
                : throw new WeightsException($"{file} has {tensor}; network {network.Name} needs [{string.Join(", ", shape)}]");
        }
    }

    private static float[] ExchangeChannels(float[] values, WeightedLayer layer)
    {
        var window = layer.FanIn / layer.Input.Channels;
        var result = (float[])values.Clone();
        for (var kernel = 0; kernel < layer.Output.Channels; kernel++)
            for (var c = 0; c < layer.Input.Channels; c++)
                Array.Copy(values, (kernel * layer.Input.Channels + layer.Input.Channels - 1 - c) * window, result, (kernel * layer.Input.Channels + c) * window, window);
        return result;
    }
}

using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Cuts each layer into pieces by its sharding.</summary>
internal sealed class PieceCutter(Network network, Partition partition, int workers, int blocks)
{
    private readonly IReadOnlyList<Sharding> shardings = partition.For(network);
    private int nextId;

    /// <summary>The pieces of every layer, by layer number.</summary>
    /// <exception cref="PlanException">A layer cannot be cut as the partition asks.</exception>
    public IReadOnlyList<IReadOnlyList<Piece>> Cut() => [.. network.Layers.Select(l => (IReadOnlyList<Piece>)[.. Cut(l)])];

    private IEnumerable<Piece> Cut(Layer layer)
    {
        var sharding = shardings[layer.Number];
        var all = new BlockRange(0, blocks);
        var index = 0;
        Piece Make(int tower, ChannelRange output, BlockRange run, IReadOnlyList<int> holders) =>
            new(nextId++, layer, index++, tower, output, run, InputOf(layer, tower, output), holders);

        switch (sharding.Kind)
        {
            case ShardingKind.Channels when layer is SoftmaxLayer:
                // A softmax needs every class: cut by channels it stands whole on worker 0, as the 2012 program had it.
                yield return Make(0, layer.TowerRange(0), all, [0]);
                break;
            case ShardingKind.Channels:
                foreach (var (tower, output, worker) in ByChannels(layer)) yield return Make(tower, output, all, [worker]);
                break;
            case ShardingKind.Batch:
                for (var worker = 0; worker < workers; worker++)
                    for (var tower = 0; tower < layer.Towers; tower++)
                        yield return Make(tower, layer.TowerRange(tower), ShareOfBlocks(layer, worker), [worker]);
                break;
            case ShardingKind.Replicate:
                for (var tower = 0; tower < layer.Towers; tower++)
                    yield return Make(tower, layer.TowerRange(tower), all, [.. Enumerable.Range(0, workers)]);
                break;
            case ShardingKind.On:
                if (sharding.Worker < 0 || sharding.Worker >= workers)
                    throw new PlanException($"partition {partition.Name}: layer {layer.Name} is on worker {sharding.Worker}, but there are {workers} (0 to {workers - 1})");
                for (var tower = 0; tower < layer.Towers; tower++)
                    yield return Make(tower, layer.TowerRange(tower), all, [sharding.Worker]);
                break;
            default:
                throw new PlanException($"partition {partition.Name}: layer {layer.Name} has the unknown sharding {sharding.Kind}");
        }
    }

    /// <summary>
    /// A joined layer of a network with towers is cut into as many parts as there are towers, on one worker too: the parts, and so every sum, stay the same
    /// as long as there are no more workers than towers.
    /// </summary>
    private IEnumerable<(int Tower, ChannelRange Output, int Worker)> ByChannels(Layer layer)
    {
        var parts = Math.Max(1, network.Towers / layer.Towers);
        if (layer is NormalizationLayer || parts > layer.TowerChannels) parts = 1;
        var units = layer.Towers * parts;
        if (workers > units)
        {
            if (workers % units != 0)
                throw new PlanException($"layer {layer.Name} has {units} towers or parts, which {workers} workers cannot share evenly by channels; use a multiple of {units}, or another sharding");
            if (layer is NormalizationLayer)
                throw new PlanException($"layer {layer.Name}: response normalization reads its whole tower, and {workers} workers would cut each of its {layer.Towers} towers; shard it by batch or replicate it");
            parts = workers / layer.Towers;
            units = workers;
            if (layer.TowerChannels < parts)
                throw new PlanException($"layer {layer.Name} has {layer.TowerChannels} channels in a tower, too few for {parts} workers");
        }
        for (var tower = 0; tower < layer.Towers; tower++)
        {
            var range = layer.TowerRange(tower);
            for (var part = 0; part < parts; part++)
            {
                var first = range.Count * part / parts;
                var end = range.Count * (part + 1) / parts;
                yield return (tower, new ChannelRange(range.First + first, end - first), (tower * parts + part) * workers / units);
            }
        }
    }

    private BlockRange ShareOfBlocks(Layer layer, int worker)
    {
        if (blocks < workers)
            throw new PlanException($"layer {layer.Name} is cut by batch over {workers} workers, but the batch has only {blocks} block(s) of {CaseBlock.Cases} images; use a batch of at least {workers * CaseBlock.Cases}");
        var first = blocks * worker / workers;
        return new BlockRange(first, blocks * (worker + 1) / workers - first);
    }

    /// <summary>Layers without weights work channel by channel (or within the tower); the others read what their tower reads.</summary>
    private static ChannelSet InputOf(Layer layer, int tower, ChannelRange output) =>
        layer is WeightedLayer or SoftmaxLayer ? layer.InputChannels(tower) : new ChannelSet(output);
}

using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Forecasting;

/// <summary>
/// What a layer costs under a sharding, and what crosses between it and the layer before, in closed form: no plan is compiled, so that thousands of
/// workers cost no more than two. Nothing is hidden behind other work, and every worker takes as long as the busiest.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="machine">The rates.</param>
/// <param name="transport">The link.</param>
/// <param name="workers">Number of workers.</param>
/// <param name="batch">Images of a batch.</param>
public sealed class LayerCosts(Network network, Machine machine, string transport, int workers, int batch)
{
    private readonly Link link = workers > 1 ? machine.LinkOf(transport) : new Link(0, double.PositiveInfinity);
    private readonly int images = CaseBlock.Count(batch) * CaseBlock.Cases;
    private readonly int firstWeighted = network.Weighted.First().Number;

    /// <summary>The shardings that a layer may have: those that <see cref="Planning.Plan.Compile"/> would take.</summary>
    public IEnumerable<Sharding> Choices(Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        yield return Sharding.On(0);
        if (workers == 1) yield break;
        if (CaseBlock.Count(batch) >= workers) yield return Sharding.Batch;
        var fits = layer.Towers >= workers || (workers % layer.Towers == 0 && layer.TowerChannels >= workers / layer.Towers && layer is not NormalizationLayer);
        if (layer is not SoftmaxLayer && fits) yield return Sharding.Channels;
    }

    /// <summary>Time of the layer's work, forward and back, on the busiest worker.</summary>
    public double WorkSeconds(Layer layer, Sharding sharding)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var share = Share(layer, sharding);
        var mine = images * share;
        var tensors = sizeof(float) * (double)mine * (layer.Input.Units + layer.Output.Units);
        var slowdown = sharding.Kind == ShardingKind.On ? 1 : machine.SlowdownWith(workers);
        var back = layer.Number > firstWeighted;
        if (layer is WeightedLayer weighted)
        {
            var flop = 2.0 * weighted.MultiplyAdds * mine;
            // One instruction of a convolution is a block of one tower; one of a fully connected layer is all blocks of one tower.
            var parts = layer is ConvolutionLayer ? Math.Max(1, images * share / CaseBlock.Cases) : 1;
            double Time(WorkKind kind) => parts * machine.Seconds(new Work(kind, flop / parts, 0));
            var (forward, input, weights) = layer is ConvolutionLayer
                ? (WorkKind.ConvolutionForward, WorkKind.ConvolutionInputGradient, WorkKind.ConvolutionWeightGradient)
                : (WorkKind.FullyConnectedForward, WorkKind.FullyConnectedInputGradient, WorkKind.FullyConnectedWeightGradient);
            return slowdown * (Time(forward) + (back ? Time(input) : 0) + Time(weights));
        }
        var kind = layer is NormalizationLayer ? WorkKind.Normalization : WorkKind.Memory;
        return slowdown * (back ? 2 : 1) * machine.Seconds(new Work(kind, 0, tensors));
    }

    /// <summary>Bytes that the busiest worker sends or receives for a layer, forward and back, and with its parameters' gradients.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="before">Sharding of the layer that it reads; null for the image, which every worker has.</param>
    /// <param name="sharding">Its own.</param>
    public double CrossingBytes(Layer layer, Sharding? before, Sharding sharding)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (workers == 1) return 0;
        var bytes = 0.0;
        if (before is { } from && !(from == sharding && sharding.Kind != ShardingKind.Channels))
        {
            var whole = sizeof(float) * (double)images * layer.Input.Units;
            bytes += 2 * (sharding.Kind, from.Kind) switch
            {
                (ShardingKind.On, _) => whole * (1 - 1.0 / workers),
                (ShardingKind.Channels, ShardingKind.On) => whole * Reads(layer) * (workers - 1),
                (_, ShardingKind.On) => whole * (1 - 1.0 / workers),
                (ShardingKind.Channels, ShardingKind.Batch) => whole * Reads(layer) * (1 - 1.0 / workers),
                (ShardingKind.Channels, _) => whole * Math.Max(0, Reads(layer) - 1.0 / workers),
                _ => whole / workers * (1 - 1.0 / workers),
            };
        }
        if (layer is WeightedLayer weighted && sharding.Kind == ShardingKind.Batch) bytes += 2.0 * sizeof(float) * weighted.ParameterCount * (workers - 1) / workers;
        return bytes;
    }

    /// <summary>Time in which those bytes cross.</summary>
    public double CrossingSeconds(Layer layer, Sharding? before, Sharding sharding)
    {
        var bytes = CrossingBytes(layer, before, sharding);
        return bytes == 0 ? 0 : bytes / link.BytesPerSecond + 2 * link.LatencySeconds;
    }

    /// <summary>Bytes of memory of the busiest worker: activations and their gradients, parameters, momentum and gradients.</summary>
    public double MemoryBytes(Layer layer, Sharding sharding)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var share = Share(layer, sharding);
        var reads = sharding.Kind == ShardingKind.Channels ? Reads(layer) : share;
        var parameters = layer is WeightedLayer w ? w.ParameterCount * (sharding.Kind == ShardingKind.Channels ? share : 1) : 0;
        return sizeof(float) * ((double)images * (2 * layer.Output.Units * share + layer.Input.Units * Math.Max(0, reads - share)) + 3 * parameters);
    }

    /// <summary>The part of the layer's work that one worker has.</summary>
    private double Share(Layer layer, Sharding sharding) => sharding.Kind switch
    {
        ShardingKind.On or ShardingKind.Replicate => 1,
        ShardingKind.Batch => Math.Ceiling((double)images / CaseBlock.Cases / workers) * CaseBlock.Cases / images,
        _ => 1.0 / workers,
    };

    /// <summary>The part of the input's channels that a worker with its part of the output's channels reads.</summary>
    private double Reads(Layer layer)
    {
        if (layer is not WeightedLayer) return 1.0 / workers;
        var towers = Math.Max(1, layer.Towers / workers);
        return Enumerable.Range(0, Math.Max(1, layer.Towers / towers)).Max(w => (double)Enumerable.Range(w * towers, towers)
            .Aggregate(ChannelSet.Empty, (set, t) => set.Union(layer.InputChannels(t))).Channels / layer.Input.Channels);
    }
}

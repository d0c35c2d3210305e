using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;

namespace AlexNetParallel.Model.Forecasting;

/// <summary>A sharding for each layer, and what it costs by <see cref="LayerCosts"/>.</summary>
/// <param name="Shardings">By layer number.</param>
/// <param name="WorkSeconds">Time of the work.</param>
/// <param name="CrossingSeconds">Time in which bytes cross.</param>
/// <param name="MemoryBytes">Memory of the busiest worker.</param>
public sealed record ShardingCost(IReadOnlyList<Sharding> Shardings, double WorkSeconds, double CrossingSeconds, double MemoryBytes)
{
    /// <summary>Time of a step, nothing hidden.</summary>
    public double Seconds => WorkSeconds + CrossingSeconds;

    /// <summary>The same as a partition.</summary>
    public Partition ToPartition(string name, Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new(name, Shardings[0], network.Layers.Skip(1).Where(l => Shardings[l.Number] != Shardings[0]).ToDictionary(l => l.Name, l => Shardings[l.Number]));
    }
}

/// <summary>
/// Finds the cheapest sharding of each layer. A layer's cost depends on its own sharding and on that of the layer before it, so dynamic programming over the
/// chain finds the best of all combinations; memory is counted in <see cref="MemorySteps"/> parts of the limit, rounded up.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="costs">What layers cost.</param>
public sealed class ShardingSearch(Network network, LayerCosts costs)
{
    /// <summary>Parts of the memory limit.</summary>
    public const int MemorySteps = 512;

    /// <summary>The cost of a given sharding.</summary>
    public ShardingCost Of(IReadOnlyList<Sharding> shardings)
    {
        ArgumentNullException.ThrowIfNull(shardings);
        Sharding? Before(Layer l) => l.Number == 0 ? null : shardings[l.Number - 1];
        return new ShardingCost(shardings, network.Layers.Sum(l => costs.WorkSeconds(l, shardings[l.Number])),
            network.Layers.Sum(l => costs.CrossingSeconds(l, Before(l), shardings[l.Number])), network.Layers.Sum(l => costs.MemoryBytes(l, shardings[l.Number])));
    }

    /// <summary>The cheapest; null where nothing fits into the memory.</summary>
    /// <param name="memoryBytes">Memory of a worker.</param>
    public ShardingCost? Best(double memoryBytes)
    {
        var layers = network.Layers;
        var choices = layers.Select(l => costs.Choices(l).ToArray()).ToArray();
        var best = new double[layers.Count][,];
        var from = new (int Choice, int Memory)[layers.Count][,];
        for (var n = 0; n < layers.Count; n++)
        {
            best[n] = new double[choices[n].Length, MemorySteps + 1];
            from[n] = new (int, int)[choices[n].Length, MemorySteps + 1];
            for (var c = 0; c < choices[n].Length; c++)
            {
                var work = costs.WorkSeconds(layers[n], choices[n][c]);
                var memory = (int)Math.Min(MemorySteps + 1, Math.Ceiling(costs.MemoryBytes(layers[n], choices[n][c]) / memoryBytes * MemorySteps));
                for (var m = 0; m <= MemorySteps; m++) best[n][c, m] = double.PositiveInfinity;
                if (n == 0)
                {
                    if (memory <= MemorySteps) best[0][c, memory] = work + costs.CrossingSeconds(layers[0], null, choices[0][c]);
                    continue;
                }
                for (var b = 0; b < choices[n - 1].Length; b++)
                {
                    var step = work + costs.CrossingSeconds(layers[n], choices[n - 1][b], choices[n][c]);
                    for (var m = 0; m + memory <= MemorySteps; m++)
                    {
                        var total = best[n - 1][b, m] + step;
                        if (total >= best[n][c, m + memory]) continue;
                        best[n][c, m + memory] = total;
                        from[n][c, m + memory] = (b, m);
                    }
                }
            }
        }
        var last = layers.Count - 1;
        var (choice, used, seconds) = (-1, 0, double.PositiveInfinity);
        for (var c = 0; c < choices[last].Length; c++)
            for (var m = 0; m <= MemorySteps; m++)
                if (best[last][c, m] < seconds) (choice, used, seconds) = (c, m, best[last][c, m]);
        if (choice < 0) return null;
        var shardings = new Sharding[layers.Count];
        for (var n = last; n >= 0; n--)
        {
            shardings[n] = choices[n][choice];
            (choice, used) = from[n][choice, used];
        }
        return Of(shardings);
    }
}

using System.Diagnostics;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Recipes;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>`alexnet explore --search`: the cheapest sharding of each layer, beside what the known partitions cost by the same rule.</summary>
internal static class ExploreSearch
{
    /// <summary>The partitions that others are set beside.</summary>
    public static IReadOnlyList<string> Known { get; } = ["paper", "data", "hybrid", "single"];

    /// <summary>What those of them cost that fit the network and the workers.</summary>
    public static IReadOnlyList<(string Name, ShardingCost Cost)> CostsOfKnown(Network network, LayerCosts costs, ShardingSearch search) =>
        [.. Known.Select(name => (Name: name, Shardings: PartitionFile.Load(name).For(network)))
            .Where(p => network.Layers.All(l => costs.Choices(l).Contains(p.Shardings[l.Number]))).Select(p => (p.Name, search.Of(p.Shardings)))];

    public static int Print(VerbContext context, Recipe recipe, TargetMachine machine, string transport)
    {
        var network = recipe.Network;
        var costs = new LayerCosts(network, machine, transport, recipe.Workers, recipe.Batch);
        var search = new ShardingSearch(network, costs);
        var began = Stopwatch.GetTimestamp();
        var best = search.Best(machine.MemoryBytes);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var known = CostsOfKnown(network, costs, search);
        if (best is null)
        {
            context.Complain($"no sharding of {network.Name} on {recipe.Workers} workers fits into {Units.Bytes(machine.MemoryBytes)} a worker");
            return ExitCode.Failed;
        }
        if (context.Json)
        {
            context.Results.Json(new
            {
                Name = "best",
                Transport = transport,
                recipe.Workers,
                recipe.Batch,
                best.Seconds,
                best.WorkSeconds,
                best.CrossingSeconds,
                best.MemoryBytes,
                SearchSeconds = seconds,
                Layers = network.Layers.Select(l => new { l.Name, Sharding = best.Shardings[l.Number].ToString() }),
            });
            foreach (var (name, cost) in known)
                context.Results.Json(new { Name = name, Transport = transport, recipe.Workers, recipe.Batch, cost.Seconds, cost.WorkSeconds, cost.CrossingSeconds, cost.MemoryBytes });
            return ExitCode.Done;
        }
        context.Results.Table($"{network.Name}, batch {recipe.Batch}, {recipe.Workers} workers, {machine.Name} over {transport}: the cheapest sharding, found in {Units.Seconds(seconds)}",
            ["layer", "type", "sharding", ">work", ">crossing"],
            [.. network.Layers.Select(l => Row(costs, l, best.Shardings))]);
        context.Results.Table("Beside known partitions, by the same rule: nothing hidden, the busiest worker", ["partition", ">work", ">crossing", ">step", ">images/s", ">memory a worker", "fits"],
            [.. known.Prepend((Name: "best", Cost: best)).Select(p => Row(p.Name, p.Cost, recipe.Batch, machine))]);
        context.Results.Line($"machine: {machine.Source}");
        context.Results.Line();
        context.Results.Line("As a partition file:");
        context.Results.Line(PartitionFile.Write(best.ToPartition("found", network)).TrimEnd());
        return ExitCode.Done;
    }

    private static IReadOnlyList<string> Row(LayerCosts costs, Layer layer, IReadOnlyList<Sharding> shardings)
    {
        var own = shardings[layer.Number];
        Sharding? before = layer.Number == 0 ? null : shardings[layer.Number - 1];
        return [layer.Name, LayerTypes.Of(layer), own.ToString(), Units.Seconds(costs.WorkSeconds(layer, own)), Units.Seconds(costs.CrossingSeconds(layer, before, own))];
    }

    private static IReadOnlyList<string> Row(string name, ShardingCost cost, int batch, TargetMachine machine) =>
    [
        name, Units.Seconds(cost.WorkSeconds), Units.Seconds(cost.CrossingSeconds), Units.Seconds(cost.Seconds), Progress.Rate(batch / cost.Seconds), Units.Bytes(cost.MemoryBytes),
        cost.MemoryBytes <= machine.MemoryBytes ? "yes" : "no",
    ];
}

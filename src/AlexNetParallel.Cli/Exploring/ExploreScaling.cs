using AlexNetParallel.Cli.Charts;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Recipes;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>`alexnet explore --scaling`: images a second with 1, 2, 4, … workers on one batch, of the known partitions and of the cheapest sharding, by the rule of the search.</summary>
internal static class ExploreScaling
{
    private const string Best = "best";

    public static int Print(VerbContext context, Recipe recipe, TargetMachine machine, string transport, string? chart)
    {
        List<int> workers = [.. Enumerable.Range(0, 31).Select(i => 1 << i).TakeWhile(n => n < recipe.Workers), recipe.Workers];
        var found = workers.Select(n => (Workers: n, Costs: Costs(recipe, machine, transport, n))).ToList();
        string[] names = [.. ExploreSearch.Known.Where(name => name != "single" && found.Any(f => f.Costs.ContainsKey(name))), Best];
        double? Rate(ShardingCost? cost) => cost is null ? null : recipe.Batch / cost.Seconds;
        var rows = found.Select(f => (f.Workers, Rates: names.ToDictionary(n => n, n => Rate(f.Costs.GetValueOrDefault(n))))).ToList();
        if (rows.All(r => r.Rates.Values.All(v => v is null)))
        {
            context.Complain($"{recipe.Network.Name} fits into {Units.Bytes(machine.MemoryBytes)} a worker on none of {string.Join(", ", workers)} workers");
            return ExitCode.Failed;
        }
        if (context.Json) foreach (var row in rows) context.Results.Json(new { row.Workers, recipe.Batch, Machine = machine.Name, Transport = transport, ImagesPerSecond = row.Rates });
        else
        {
            context.Results.Table($"{recipe.Network.Name}, batch {recipe.Batch}, {machine.Name} over {transport}: images a second, nothing hidden; empty: does not fit",
                [">workers", .. names.Select(n => $">{n}")], [.. rows.Select(r => (IReadOnlyList<string>)[Units.Count(r.Workers), .. names.Select(n => r.Rates[n] is { } rate ? Progress.Rate(rate) : "")])]);
            context.Results.Line($"machine: {machine.Source}");
        }
        if (chart is not null)
        {
            var lines = names.Select(n => (Name: n, Points: (IReadOnlyList<(int, double)>)[.. rows.Where(r => r.Rates[n] is not null).Select(r => (r.Workers, r.Rates[n]!.Value))])).Where(l => l.Points.Count > 0).ToList();
            // What one worker would do if it had the memory.
            var alone = new LayerCosts(recipe.Network, machine, transport, 1, recipe.Batch);
            var single = recipe.Batch / ExploreSearch.CostsOfKnown(recipe.Network, alone, new ShardingSearch(recipe.Network, alone)).Single(k => k.Name == "single").Cost.Seconds;
            ScalingChart.Write(chart, $"{recipe.Network.Name}, batch {recipe.Batch}, {machine.Name}: forecast", lines, single);
        }
        return ExitCode.Done;
    }

    /// <summary>By partition, where it fits the network and the memory.</summary>
    private static Dictionary<string, ShardingCost> Costs(Recipe recipe, TargetMachine machine, string transport, int workers)
    {
        var costs = new LayerCosts(recipe.Network, machine, transport, workers, recipe.Batch);
        var search = new ShardingSearch(recipe.Network, costs);
        var found = ExploreSearch.CostsOfKnown(recipe.Network, costs, search).Where(k => k.Cost.MemoryBytes <= machine.MemoryBytes).ToDictionary(k => k.Name, k => k.Cost);
        if (search.Best(machine.MemoryBytes) is { } best) found.Add(Best, best);
        return found;
    }
}

using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>What one exchange of a plan costs over one transport.</summary>
/// <param name="Layer">The layer that needs it; "all" for the whole step.</param>
/// <param name="Direction">"forward", "backward", "reduce", "gather"; empty for "all".</param>
/// <param name="Transport">What it crosses by.</param>
/// <param name="Bytes">Payload that a worker sends in one training step; of the one that sends most.</param>
/// <param name="OverheadBytes">Bytes besides the payload, as <paramref name="Bytes"/>.</param>
/// <param name="SecondsP50">Time by itself, with nothing computed beside it: median of the worker that took longest.</param>
/// <param name="SecondsP95">The same: 95 of 100 took no longer.</param>
/// <param name="BytesPerSecond"><paramref name="Bytes"/> by <paramref name="SecondsP50"/>.</param>
/// <param name="ExposedSeconds">Inside training steps: time in which a worker did nothing but send or wait for it, median; null where steps were not run.</param>
/// <param name="HiddenSeconds">What of <paramref name="SecondsP50"/> the steps hid behind other work; null where steps were not run.</param>
/// <param name="ShareOfStep"><paramref name="ExposedSeconds"/> as a part of the mean step; null where steps were not run.</param>
/// <param name="Wrong">Floats that arrived otherwise than they were sent, and bytes sent that did not arrive.</param>
/// <param name="BothWays">Payload crosses in both directions at once.</param>
public sealed record ExchangeCost(
    string Layer, string Direction, string Transport, long Bytes, long OverheadBytes, double SecondsP50, double SecondsP95, double BytesPerSecond,
    double? ExposedSeconds, double? HiddenSeconds, double? ShareOfStep, long Wrong, bool BothWays);

/// <summary>What was measured over one transport.</summary>
/// <param name="Transport">Its name.</param>
/// <param name="Processes">Process ids of the workers by rank.</param>
/// <param name="Path">How the first worker is reached.</param>
/// <param name="StepSeconds">Mean training step; null where steps were not run.</param>
/// <param name="Rows">By exchange; "all" last.</param>
public sealed record ExchangeReport(string Transport, IReadOnlyList<int> Processes, string Path, double? StepSeconds, IReadOnlyList<ExchangeCost> Rows);

/// <summary>Measures a plan's exchanges by real worker processes, by themselves and inside training steps.</summary>
/// <param name="program">How a worker is started.</param>
/// <param name="workerArguments">Arguments of every worker.</param>
/// <param name="log">Is told what is being run, and what the workers say.</param>
public sealed class ExchangeSuite(ProgramCommand program, IReadOnlyList<string> workerArguments, Action<string> log)
{
    /// <summary>Makes a worker exchange and compute nothing.</summary>
    public const string OnlyExchange = "--only-exchange";

    /// <summary>"grpc" over Unix sockets in place of TCP.</summary>
    public const string GrpcUnix = ShortRun.GrpcUnix;

    /// <summary>Measures one transport.</summary>
    /// <param name="recipe">Network, partition, workers and batch.</param>
    /// <param name="transport">A transport, or <see cref="GrpcUnix"/>.</param>
    /// <param name="repeats">Steps' worth of exchanges by themselves; 50 or more keep the checked ones out of the percentiles.</param>
    /// <param name="steps">Training steps; 0: only by themselves.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="BenchException">A run failed.</exception>
    public async Task<ExchangeReport> MeasureAsync(Recipe recipe, string transport, int repeats, int steps, CancellationToken stop)
    {
        var alone = await RunAsync(recipe, transport, repeats, [OnlyExchange], stop).ConfigureAwait(false);
        var within = steps > 0 ? await RunAsync(recipe, transport, steps, [], stop).ConfigureAwait(false) : null;
        var stepSeconds = within is null ? (double?)null : MedianStep(within);
        var rows = new List<ExchangeCost>();
        foreach (var exchange in alone.Plan.Exchanges)
        {
            bool Same(ExchangeSummary s) => s.Layer == exchange.Layer && s.Direction == exchange.Direction.ToString().ToLowerInvariant();
            var own = alone.Done.Exchanges.Single(Same);
            var inStep = within?.Done.Exchanges.Single(Same);
            var bothWays = exchange.Transfers.Any(t => exchange.Transfers.Any(u => u.From == t.To && u.To == t.From));
            rows.Add(new ExchangeCost(own.Layer, own.Direction, transport, own.Bytes, own.OverheadBytes, own.SecondsP50, own.SecondsP95, own.Bytes / own.SecondsP50,
                inStep?.SecondsP50, inStep is null ? null : Math.Max(0, own.SecondsP50 - inStep.SecondsP50), inStep?.SecondsP50 / stepSeconds, own.Wrong + (inStep?.Wrong ?? 0), bothWays));
        }
        rows.Add(new ExchangeCost("all", "", transport, rows.Sum(r => r.Bytes), rows.Sum(r => r.OverheadBytes), rows.Sum(r => r.SecondsP50), rows.Sum(r => r.SecondsP95),
            rows.Sum(r => r.Bytes) / rows.Sum(r => r.SecondsP50), rows.Sum(r => r.ExposedSeconds), rows.Sum(r => r.HiddenSeconds), rows.Sum(r => r.ShareOfStep), rows.Sum(r => r.Wrong), rows.Any(r => r.BothWays)));
        if (within is null) rows[^1] = rows[^1] with { ExposedSeconds = null, HiddenSeconds = null, ShareOfStep = null };
        return new ExchangeReport(transport, alone.Started.Processes, alone.Started.Data, stepSeconds, rows);
    }

    private static double MedianStep(ShortRunResult run) => run.Steps.Select(s => s.Seconds).Order().ElementAt(run.Steps.Count / 2);

    private Task<ShortRunResult> RunAsync(Recipe recipe, string transport, int steps, IReadOnlyList<string> more, CancellationToken stop)
    {
        log($"{transport}: {steps} {(more.Count > 0 ? "rounds of exchanges" : "training steps")} of {recipe.Network.Name} on {recipe.Workers} workers");
        return new ShortRun(program, [.. workerArguments, .. more], log).RunAsync(recipe, steps, transport, noFeed: true, stop);
    }
}

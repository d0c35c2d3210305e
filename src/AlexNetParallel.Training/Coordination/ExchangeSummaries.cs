using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Coordination;

/// <summary>Sums what the workers counted into a line for each exchange of the plan.</summary>
internal static class ExchangeSummaries
{
    /// <param name="plan">The plan.</param>
    /// <param name="transport">What it crossed by.</param>
    /// <param name="counters">By rank.</param>
    /// <param name="secondsPerStep">Mean time of a training step.</param>
    /// <param name="ticks">Training steps and test batches that were run.</param>
    public static IReadOnlyList<ExchangeSummary> Of(Plan plan, string transport, IReadOnlyList<Counters?> counters, double secondsPerStep, (long Train, long Test) ticks)
    {
        var summaries = new List<ExchangeSummary>();
        foreach (var exchange in plan.Exchanges)
        {
            var all = counters.Where(c => c is not null && exchange.Id < c.Exchanges.Count).Select(c => c!.Exchanges[exchange.Id]).ToList();
            // Test batches only go forward.
            var runs = exchange.Direction == Direction.Forward ? ticks.Train + ticks.Test : ticks.Train;
            if (all.Count == 0 || runs == 0) continue;
            var exposed = all.Max(c => c.ExposedSeconds) / runs;
            summaries.Add(new ExchangeSummary(exchange.Layer, exchange.Direction.ToString().ToLowerInvariant(), transport,
                exchange.Transfers.GroupBy(t => t.From).Max(sent => sent.Sum(t => t.Bytes)), all.Max(c => c.OverheadBytesSent) / runs,
                all.Sum(c => c.PayloadBytesSent), exposed, all.Max(c => c.ExposedP50), all.Max(c => c.ExposedP95), secondsPerStep > 0 ? exposed / secondsPerStep : 0,
                Math.Abs(all.Sum(c => c.PayloadBytesSent) - all.Sum(c => c.PayloadBytesReceived)) + all.Sum(c => c.WrongFloats)));
        }
        return summaries;
    }
}

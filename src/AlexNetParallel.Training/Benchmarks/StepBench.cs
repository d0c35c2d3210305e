using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>What training steps took.</summary>
/// <param name="Workers">Number of workers.</param>
/// <param name="Steps">Steps that were measured.</param>
/// <param name="Seconds">Median time of a step.</param>
/// <param name="ImagesPerSecond">Batch by <paramref name="Seconds"/>.</param>
/// <param name="FlopPerSecond">FLOP of the layers with weights, forward and backward, by <paramref name="Seconds"/>.</param>
/// <param name="PeakFlopPerSecond">Median of what all workers' devices reach at best together, measured after each step; null where they cannot measure it (CUDA).</param>
/// <param name="FractionOfPeak">Median of each step's speed by the peak measured right after it; null likewise.</param>
/// <param name="MeanSeconds">Mean time of a step: what the parts of <paramref name="Breakdown"/> add up to.</param>
/// <param name="Breakdown">Where the time went: means over steps and workers. A worker that is done before the slowest counts as waiting until that is done, too.</param>
/// <param name="Memory">Memory of each worker, by rank.</param>
/// <param name="PlannedMemoryBytes">The plan's figure for <see cref="WorkerMemory.OwnBytes"/>, by rank.</param>
public sealed record StepTiming(
    int Workers, int Steps, double Seconds, double ImagesPerSecond, double FlopPerSecond, double? PeakFlopPerSecond, double? FractionOfPeak, double MeanSeconds,
    TickTimes Breakdown, IReadOnlyList<WorkerMemory> Memory, IReadOnlyList<long> PlannedMemoryBytes);

/// <summary>Times training steps of real worker processes.</summary>
/// <param name="program">How a worker is started.</param>
/// <param name="workerArguments">Arguments of every worker besides the bench's own.</param>
/// <param name="transport">What activations cross by.</param>
/// <param name="log">Is told what the workers say.</param>
public sealed class StepBench(ProgramCommand program, IReadOnlyList<string> workerArguments, string transport, Action<string> log)
{
    /// <summary>Steps that are run before those that are measured: they compile code and touch memory for the first time.</summary>
    public const int WarmUp = 3;

    /// <summary>Trains some steps and tells what they took.</summary>
    /// <param name="recipe">The run; its length, tests and checkpoints are left out.</param>
    /// <param name="steps">Steps to measure.</param>
    /// <param name="noFeed">One batch of noise stands for all.</param>
    /// <param name="stop">Ends the run early.</param>
    /// <param name="warmUp">Steps before those that are measured.</param>
    /// <exception cref="BenchException">The run failed.</exception>
    public async Task<StepTiming> RunAsync(Recipe recipe, int steps, bool noFeed, CancellationToken stop, int warmUp = WarmUp)
    {
        var run = await new ShortRun(program, [.. workerArguments, "--measure-peak"], log).RunAsync(recipe, warmUp + steps, transport, noFeed, stop).ConfigureAwait(false);
        return Timing(run.Plan, [.. run.Steps.Skip(warmUp)], run.Done);
    }

    private static StepTiming Timing(Plan plan, IReadOnlyList<StepDone> steps, RunDone done)
    {
        var flop = (double)plan.Network.TrainingOperations * plan.Batch;
        var seconds = Median(steps.Select(s => s.Seconds));
        var peaks = steps.Select(s => s.Workers.Sum(w => w.PeakFlopPerSecond)).ToList();
        // A worker that is done before the slowest waits for it too: between steps here, in the next step's exchanges without a measurement of the peak.
        var sum = steps.SelectMany(s => s.Workers.Select(w => w.Times with { WaitForSlower = w.Times.WaitForSlower + s.Seconds - w.Times.Seconds }))
            .Aggregate(default(TickTimes), (total, worker) => total + worker);
        var known = peaks.All(p => p > 0);
        return new StepTiming(
            plan.Workers, steps.Count, seconds, plan.Batch / seconds, flop / seconds,
            known ? Median(peaks) : null, known ? Median(steps.Select((s, i) => flop / s.Seconds / peaks[i])) : null,
            steps.Average(s => s.Seconds), sum / (steps.Count * plan.Workers), done.Memory, [.. plan.Programs.Select(p => p.Memory.Total)]);
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

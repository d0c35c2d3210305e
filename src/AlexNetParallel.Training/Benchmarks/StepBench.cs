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
/// <param name="PeakFlopPerSecond">Median of what all workers' devices reach at best together, measured after each step.</param>
/// <param name="FractionOfPeak">Median of each step's speed by the peak measured right after it.</param>
/// <param name="MeanSeconds">Mean time of a step: what the parts of <paramref name="Breakdown"/> add up to.</param>
/// <param name="Breakdown">Where the time went: means over steps and workers.</param>
/// <param name="PeakMemoryBytes">Largest resident memory of each worker, by rank.</param>
/// <param name="PlannedMemoryBytes">The plan's figure for it, by rank.</param>
public sealed record StepTiming(
    int Workers, int Steps, double Seconds, double ImagesPerSecond, double FlopPerSecond, double PeakFlopPerSecond, double FractionOfPeak, double MeanSeconds,
    TickTimes Breakdown, IReadOnlyList<long> PeakMemoryBytes, IReadOnlyList<long> PlannedMemoryBytes);

/// <summary>Times training steps of real worker processes, in a folder that is removed afterwards.</summary>
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
    /// <exception cref="BenchException">The run failed.</exception>
    public async Task<StepTiming> RunAsync(Recipe recipe, int steps, bool noFeed, CancellationToken stop)
    {
        recipe = recipe with { Steps = WarmUp + steps, Epochs = null, Test = new Cadence(0, 0, false), Checkpoint = new Cadence(0, 0, false) };
        var plan = Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch);
        var folder = Directory.CreateTempSubdirectory("alexnet-bench-");
        try
        {
            var run = new RunFolder(Path.Combine(folder.FullName, "run"));
            run.Begin(RecipeFile.Write(recipe));
            var options = new CoordinatorOptions
            {
                Recipe = recipe,
                Plan = plan,
                Folder = run,
                Transport = transport,
                Listen = LocalRun.PrivateAddress(),
                NoFeed = noFeed,
                Command = "./alexnet bench step",
            };
            var seen = new Observer(log);
            var outcome = await new LocalRun(program, [.. workerArguments, "--measure-peak"]).RunAsync(options, seen, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (outcome != RunOutcome.Done || seen.Done is null) throw new BenchException($"the run ended as '{outcome}': {seen.Failure ?? "see the log"}");
            return Timing(plan, [.. seen.Steps.Skip(WarmUp)], seen.Done);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static StepTiming Timing(Plan plan, IReadOnlyList<StepDone> steps, RunDone done)
    {
        var flop = (double)plan.Network.TrainingOperations * plan.Batch;
        var seconds = Median(steps.Select(s => s.Seconds));
        var peaks = steps.Select(s => s.Workers.Sum(w => w.PeakFlopPerSecond)).ToList();
        var sum = steps.SelectMany(s => s.Workers).Aggregate(default(TickTimes), (total, worker) => total + worker.Times);
        return new StepTiming(
            plan.Workers, steps.Count, seconds, plan.Batch / seconds, flop / seconds, Median(peaks), Median(steps.Select((s, i) => flop / s.Seconds / peaks[i])),
            steps.Average(s => s.Seconds), sum / (steps.Count * plan.Workers), done.PeakMemoryBytes, [.. plan.Programs.Select(p => p.Memory.Total)]);
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private sealed class Observer(Action<string> log) : IRunObserver
    {
        public List<StepDone> Steps { get; } = [];

        public RunDone? Done { get; private set; }

        public string? Failure { get; private set; }

        public void On(RunEvent happened)
        {
            switch (happened)
            {
                case StepDone step: Steps.Add(step); break;
                case RunDone done: Done = done; break;
                case RunFailed failed: Failure = failed.Reason; break;
            }
        }

        public void Log(string line) => log(line);
    }
}

/// <summary>A benchmark could not be completed.</summary>
public sealed class BenchException(string message) : Exception(message);

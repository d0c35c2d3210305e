using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Forecasts;

/// <summary>
/// Measures how fast a recipe trains on this machine: a few training steps of its own processes, on one batch of noise, in a folder that is removed afterwards.
/// </summary>
/// <param name="program">How a worker is started.</param>
/// <param name="workerArguments">Arguments of every worker.</param>
/// <param name="transport">What activations cross by.</param>
public sealed class Calibration(ProgramCommand program, IReadOnlyList<string> workerArguments, string transport)
{
    /// <summary>Runs the steps.</summary>
    /// <param name="recipe">What is run; its length, tests and checkpoints are left out.</param>
    /// <param name="plan">What it compiles to.</param>
    /// <param name="steps">Steps that count, at least 1; one more is run before them.</param>
    /// <param name="log">Is told what the workers say.</param>
    /// <param name="stop">Asks for an early end.</param>
    /// <returns>Seconds of a training step: the median.</returns>
    /// <exception cref="InvalidOperationException">The run failed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end.</exception>
    public async Task<double> SecondsOfStepAsync(Recipe recipe, Plan plan, int steps, Action<string> log, CancellationToken stop)
    {
        var never = new Cadence(0, 0, false);
        var run = recipe with { Steps = steps + 1, Epochs = null, Test = never, Checkpoint = never, Data = recipe.Data ?? Recipe.Generated };
        var folder = Directory.CreateTempSubdirectory("alexnet-calibration-");
        try
        {
            var watch = new Watch(log);
            var runFolder = new RunFolder(Path.Combine(folder.FullName, "run"));
            runFolder.Begin(RecipeFile.Write(run));
            var options = new CoordinatorOptions
            {
                Recipe = run,
                Plan = plan,
                Folder = runFolder,
                Transport = transport,
                Listen = LocalRun.PrivateAddress(),
                NoFeed = true,
                Command = "./alexnet train --dry-run",
            };
            var outcome = await new LocalRun(program, workerArguments).RunAsync(options, watch, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (outcome != RunOutcome.Done) throw new InvalidOperationException($"the steps to calibrate with ended as '{outcome}': {watch.Failure ?? "see the log"}");
            return watch.Median();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Watch(Action<string> log) : IRunObserver
    {
        private readonly List<double> seconds = [];

        public string? Failure { get; private set; }

        // The first step touches all memory for the first time.
        public double Median() => seconds.Skip(1).Order().ElementAt((seconds.Count - 1) / 2);

        public void On(RunEvent happened)
        {
            if (happened is StepDone step) seconds.Add(step.Seconds);
            if (happened is RunFailed failed) Failure = failed.Reason;
        }

        public void Log(string line) => log(line);
    }
}

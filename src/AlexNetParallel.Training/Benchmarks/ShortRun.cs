using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>A few training steps of real worker processes, without tests and checkpoints, in a folder that is removed afterwards.</summary>
/// <param name="program">How a worker is started.</param>
/// <param name="workerArguments">Arguments of every worker.</param>
/// <param name="log">Is told what the workers say.</param>
internal sealed class ShortRun(ProgramCommand program, IReadOnlyList<string> workerArguments, Action<string> log)
{
    /// <summary>"grpc" over Unix sockets in place of TCP.</summary>
    public const string GrpcUnix = "grpc-unix";

    /// <summary>Runs it.</summary>
    /// <param name="recipe">What; its length is left out.</param>
    /// <param name="steps">Training steps.</param>
    /// <param name="transport">A transport, or <see cref="GrpcUnix"/>.</param>
    /// <param name="noFeed">One batch of noise stands for all.</param>
    /// <param name="stop">Ends the run early.</param>
    /// <exception cref="BenchException">The run failed.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end.</exception>
    public async Task<ShortRunResult> RunAsync(Recipe recipe, int steps, string transport, bool noFeed, CancellationToken stop)
    {
        recipe = recipe with { Steps = steps, Epochs = null, Test = new Cadence(0, 0, false), Checkpoint = new Cadence(0, 0, false) };
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
                Transport = transport == GrpcUnix ? "grpc" : transport,
                Listen = LocalRun.PrivateAddress(),
                NoFeed = noFeed,
                Command = "./alexnet bench",
            };
            IReadOnlyList<string> listen = transport == GrpcUnix ? ["--listen", $"unix:{folder.FullName}/{LocalRun.RankPlace}.sock"] : [];
            var seen = new Observer(log);
            var outcome = await new LocalRun(program, [.. workerArguments, .. listen]).RunAsync(options, seen, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (outcome != RunOutcome.Done || seen.Started is null || seen.Done is null)
                throw new BenchException($"{recipe.Network.Name} over {transport}: the run ended as '{outcome}': {seen.Failure ?? "see the log"}");
            return new ShortRunResult(plan, seen.Started, seen.Steps, seen.Done);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Observer(Action<string> log) : IRunObserver
    {
        public RunStarted? Started { get; private set; }

        public List<StepDone> Steps { get; } = [];

        public RunDone? Done { get; private set; }

        public string? Failure { get; private set; }

        public void On(RunEvent happened)
        {
            switch (happened)
            {
                case RunStarted started: Started = started; break;
                case StepDone step: Steps.Add(step); break;
                case RunDone done: Done = done; break;
                case RunFailed failed: Failure = failed.Reason; break;
            }
        }

        public void Log(string line)
        {
            if (!line.Contains("has joined", StringComparison.Ordinal)) log(line);
        }
    }
}

/// <summary>What a <see cref="ShortRun"/> said.</summary>
/// <param name="Plan">What ran.</param>
/// <param name="Started">How it began.</param>
/// <param name="Steps">Its training steps; the first compile code and touch memory for the first time.</param>
/// <param name="Done">How it ended.</param>
internal sealed record ShortRunResult(Plan Plan, RunStarted Started, IReadOnlyList<StepDone> Steps, RunDone Done);

/// <summary>A benchmark could not be completed.</summary>
public sealed class BenchException(string message) : Exception(message);

using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Verification;

/// <summary>
/// The project's equalities on a recipe of the user's choice, each shown by runs of real processes in a folder that is removed afterwards.
/// </summary>
/// <param name="program">How a worker is started.</param>
/// <param name="workerArguments">Arguments of every worker.</param>
/// <param name="transport">What activations cross by.</param>
/// <param name="log">Is told what is being run, and what the workers say.</param>
public sealed class Verifier(ProgramCommand program, IReadOnlyList<string> workerArguments, string transport, Action<string> log)
{
    /// <summary>Two runs from the same recipe, one on one worker and one on <paramref name="recipe"/>'s workers: the same weights, biases and momenta, bit for bit.</summary>
    public Task<Equality> SplitAsync(Recipe recipe, int steps, CancellationToken stop) => InTemporaryFolder(async folder =>
    {
        var whole = await RunAsync(Short(recipe, steps) with { Workers = 1 }, new RunFolder(Path.Combine(folder, "whole")), null, stop).ConfigureAwait(false);
        var split = await RunAsync(Short(recipe, steps), new RunFolder(Path.Combine(folder, "split")), null, stop).ConfigureAwait(false);
        return Compare(whole, split, recipe, steps);
    });

    /// <summary>A run of <paramref name="steps"/> steps, and one that is resumed from that run's checkpoint half-way: the same weights, biases and momenta, bit for bit.</summary>
    public Task<Equality> ResumeAsync(Recipe recipe, int steps, CancellationToken stop) => InTemporaryFolder(async folder =>
    {
        var half = Math.Max(1, steps / 2);
        var run = Short(recipe, steps) with { Checkpoint = new Cadence(0, half, true), KeepCheckpoints = 0 };
        var through = new RunFolder(Path.Combine(folder, "uninterrupted"));
        var end = await RunAsync(run, through, null, stop).ConfigureAwait(false);
        var resumed = await RunAsync(run, new RunFolder(Path.Combine(folder, "resumed")), through.Checkpoints.Complete(half), stop).ConfigureAwait(false);
        return Compare(end, resumed, recipe, steps);
    });

    /// <summary>Bytes that the transports counted in a run against the plan's, exchange by exchange.</summary>
    public Task<IReadOnlyList<CountedExchange>> BytesAsync(Recipe recipe, int steps, CancellationToken stop) => InTemporaryFolder(async folder =>
    {
        var run = Short(recipe, steps);
        var plan = Compile(run);
        var summary = new Summary(log);
        await RunAsync(run, new RunFolder(Path.Combine(folder, "run")), null, stop, summary).ConfigureAwait(false);
        var done = summary.Done ?? throw new VerificationException("the run ended without a summary");
        return (IReadOnlyList<CountedExchange>)[.. plan.Exchanges.Select(e => new CountedExchange(e.Layer, Word(e.Direction), e.Bytes * steps,
            done.Exchanges.Where(x => x.Layer == e.Layer && x.Direction == Word(e.Direction)).Sum(x => x.TotalBytes)))];
    });

    /// <summary>Only training steps, a checkpoint at the end and no tests in between.</summary>
    private static Recipe Short(Recipe recipe, int steps) => recipe with
    {
        Steps = steps,
        Epochs = null,
        Test = new Cadence(0, 0, false),
        Checkpoint = new Cadence(0, 0, true),
        KeepCheckpoints = 0,
    };

    private static Plan Compile(Recipe recipe) => Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch);

    private async Task<string> RunAsync(Recipe recipe, RunFolder folder, string? resumeFrom, CancellationToken stop, IRunObserver? observer = null)
    {
        log($"{recipe.Workers} worker(s), {recipe.Steps} steps of {recipe.Network.Name}{(resumeFrom is null ? "" : $", from step {CheckpointInfo.Read(resumeFrom).Step}")}");
        var summary = observer ?? new Summary(log);
        folder.Begin(RecipeFile.Write(recipe));
        var options = new CoordinatorOptions
        {
            Recipe = recipe,
            Plan = Compile(recipe),
            Folder = folder,
            Transport = transport,
            Listen = LocalRun.PrivateAddress(),
            ResumeFrom = resumeFrom is null ? null : (resumeFrom, CheckpointInfo.Read(resumeFrom)),
            Command = "./alexnet verify",
        };
        var outcome = await new LocalRun(program, workerArguments).RunAsync(options, summary, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        if (outcome != RunOutcome.Done) throw new VerificationException($"a run ended as '{outcome}': {(summary as Summary)?.Failure ?? "see the log"}");
        return folder.Checkpoints.Newest ?? throw new VerificationException("the run left no checkpoint");
    }

    private static Equality Compare(string first, string second, Recipe recipe, int steps)
    {
        using var a = Checkpoint.Open(first);
        using var b = Checkpoint.Open(second);
        return new Equality(steps, a.Info.WeightsSha256, Checkpoint.FirstDifference(a, b, recipe.Network));
    }

    private static string Word(Direction direction) => direction.ToString().ToLowerInvariant();

    private static async Task<T> InTemporaryFolder<T>(Func<string, Task<T>> work)
    {
        var folder = Directory.CreateTempSubdirectory("alexnet-verify-");
        try
        {
            return await work(folder.FullName).ConfigureAwait(false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Keeps what a run says at its end.</summary>
    private sealed class Summary(Action<string> log) : IRunObserver
    {
        public RunDone? Done { get; private set; }

        public string? Failure { get; private set; }

        public void On(RunEvent happened)
        {
            if (happened is RunDone done) Done = done;
            if (happened is RunFailed failed) Failure = failed.Reason;
        }

        public void Log(string line) => log(line);
    }
}

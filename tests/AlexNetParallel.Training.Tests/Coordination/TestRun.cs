using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Peer;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Tests.Coordination;

/// <summary>A run of the quickstart network with fake jobs: the coordinator and its workers in this process, over a real Unix socket.</summary>
internal sealed class TestRun : IDisposable
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public TestRun(RecipeOverrides? overrides = null)
    {
        // 5 steps an epoch and 2 test batches: 320 and 96 images in batches of 64.
        var recipe = RecipeFile.Load("quickstart", (overrides ?? new RecipeOverrides { Epochs = 2 }) with { Batch = 64, Workers = 2 });
        Options = new CoordinatorOptions
        {
            Recipe = recipe,
            Plan = Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch),
            Folder = new RunFolder(Path.Combine(folder, "run")),
            Transport = "peer",
            Listen = LocalRun.PrivateAddress(),
            Command = "./alexnet train --run here",
            Admission = TimeSpan.FromSeconds(30),
            Settling = TimeSpan.FromSeconds(1),
        };
        Options.Folder.Begin("");
    }

    public CoordinatorOptions Options { get; set; }

    public Recorder Events { get; } = new();

    /// <summary>Runs to the end, with a worker for each behaviour.</summary>
    /// <returns>The outcome, and what each worker's session ended with; null where it ended well.</returns>
    public async Task<(RunOutcome Outcome, IReadOnlyList<Exception?> Workers, IReadOnlyList<FakeJob> Jobs)> RunAsync(FakeBehaviour behaviour, Action<RunCoordinator>? meanwhile = null)
    {
        await using var coordinator = new RunCoordinator(Options, Events);
        await coordinator.StartAsync();
        var jobs = new List<FakeJob>();
        var sessions = Enumerable.Range(0, Options.Plan.Workers).Select(rank => Task.Run(() => WorkerAsync(coordinator, rank, behaviour, jobs))).ToArray();
        var running = coordinator.RunAsync();
        meanwhile?.Invoke(coordinator);
        var outcome = await running.WaitAsync(Soon);
        await coordinator.DisposeAsync();
        return (outcome, await Task.WhenAll(sessions).WaitAsync(Soon), jobs);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<Exception?> WorkerAsync(RunCoordinator coordinator, int rank, FakeBehaviour behaviour, List<FakeJob> jobs)
    {
        var options = new WorkerSessionOptions { Coordinator = coordinator.Address, Rank = rank, Device = "fake", PositionPage = coordinator.PositionPages[rank] };
        try
        {
            await WorkerSession.RunAsync(options, _ =>
            {
                var job = new FakeJob(behaviour);
                lock (jobs) jobs.Add(job);
                return job;
            }, CancellationToken.None);
            return null;
        }
        catch (WorkerSessionException e)
        {
            return e;
        }
        catch (Exception e) when (e is InvalidOperationException or AlexNetParallel.Exchange.ExchangeException)
        {
            return e;
        }
    }
}

/// <summary>Keeps what it is told.</summary>
internal sealed class Recorder : IRunObserver
{
    private readonly List<RunEvent> events = [];
    private readonly List<string> lines = [];

    /// <summary>Called for each event.</summary>
    public Action<RunEvent>? Seen { get; set; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines) return [.. lines];
        }
    }

    public IReadOnlyList<T> Of<T>() where T : RunEvent
    {
        lock (events) return [.. events.OfType<T>()];
    }

    public void On(RunEvent happened)
    {
        lock (events) events.Add(happened);
        Seen?.Invoke(happened);
    }

    public void Log(string line)
    {
        lock (lines) lines.Add(line);
    }
}

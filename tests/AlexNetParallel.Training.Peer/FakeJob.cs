using AlexNetParallel.Devices;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Training.Peer;

/// <summary>
/// A worker's job without arithmetic: walks its program at a given pace, agrees with the others after each tick by waiting for a moment, and fails where it is told
/// to. The tests of processes and of the control plane need nothing more.
/// </summary>
/// <param name="behaviour">What goes wrong, and where.</param>
public sealed class FakeJob(FakeBehaviour behaviour) : IWorkerJob
{
    public const int TrainImages = 320;
    public const int TestImages = 96;

    private readonly ManualResetEventSlim aborted = new();
    private IWorkerContext context = null!;
    private Plan plan = null!;
    private string reason = "";

    /// <summary>The ticks run so far.</summary>
    public List<Tick> Ticks { get; } = [];

    public WorkerFacts Prepare(IWorkerContext given)
    {
        context = given;
        var recipe = RecipeFile.Parse(given.Job.Recipe, "recipe.yaml");
        plan = Plan.Compile(recipe.Network, recipe.Partition, given.Job.Workers, recipe.Batch);
        given.Gather("plan", behaviour.Kind == "other plan" && given.Job.Rank == behaviour.Rank ? "another" : plan.Sha256, mustAgree: true);
        var addresses = given.Gather("transport", $"address of {given.Job.Rank}");
        if (!addresses.SequenceEqual(Enumerable.Range(0, given.Job.Workers).Select(r => $"address of {r}"))) throw new InvalidOperationException("wrong addresses");
        given.Log($"prepared, {given.Hosts.Distinct().Count()} host");
        return new WorkerFacts(plan.Sha256, TrainImages, TestImages, "nothing", "cpu (fake)");
    }

    public TickResult Run(Tick tick, int drops)
    {
        Ticks.Add(tick);
        context.Position.Begin(tick);
        context.Position.At(FirstAt("conv3"));
        if (tick.Split == Split.Train && tick.Step == behaviour.Step)
        {
            behaviour.Meeting?.SignalAndWait();
            if (context.Job.Rank == behaviour.Rank) Misbehave();
            else if (behaviour.Meeting is not null) aborted.Wait();
        }
        if (aborted.Wait(behaviour.Pace)) throw new ExchangeException(reason);
        context.Position.At(-1);
        // One worker has the softmax; errors fall by a hundredth a step.
        var loss = context.Job.Rank == 0 ? new LossSums(tick.Cases * 2.0, tick.Cases * (1 - tick.Step / 100.0), 0) : default;
        return new TickResult(loss, new TickTimes(0, 0.001, 0, 0.002, 0, 0));
    }

    public CheckpointFile SaveCheckpoint(string folder)
    {
        var items = plan.Programs[context.Job.Rank].Parameters.Where(s => s.Owner == context.Job.Rank).SelectMany(s => new SafetensorsItem[]
        {
            new($"{s.Layer.Name}.weights[{s.Outputs.First}:{s.Outputs.End}]", [s.Layer.FanIn, s.Outputs.Count], _ => { }),
            new($"{s.Layer.Name}.biases[{s.Outputs.First}:{s.Outputs.End}]", [s.Outputs.Count], _ => { }),
        }).ToList();
        var name = $"worker-{context.Job.Rank}.safetensors";
        var hash = Safetensors.Write(Path.Combine(folder, name), items, new Dictionary<string, string>());
        return new CheckpointFile(name, new FileInfo(Path.Combine(folder, name)).Length, hash);
    }

    public long MappedBytes => 0;

    public IReadOnlyList<ExchangeCounters> Counters() => [.. plan.Exchanges.Select(e =>
        new ExchangeCounters(e.Transfers.Where(t => t.From == context.Job.Rank).Sum(t => t.Bytes) * Ticks.Count, 0, 10 * Ticks.Count, Ticks.Count, 0.5))];

    public void Abort(string why)
    {
        reason = why;
        aborted.Set();
    }

    public void Dispose() => aborted.Dispose();

    private void Misbehave()
    {
        switch (behaviour.Kind)
        {
            case "error":
                throw new InvalidOperationException("the numbers have gone");
            case "exchange":
                throw new ExchangeException("worker 1 is gone");
            case "fatal":
                Environment.FailFast("a fatal error");
                break;
            case "exit":
                Environment.Exit(9);
                break;
            case "stuck":
                aborted.Wait();
                throw new ExchangeException(reason);
        }
    }

    private int FirstAt(string layer)
    {
        var number = plan.Network[layer].Number;
        return plan.Programs[context.Job.Rank].Instructions.ToList().FindIndex(i => i.LayerNumber == number);
    }
}

/// <summary>What a <see cref="FakeJob"/> does wrong.</summary>
/// <param name="Kind">"none", "error", "exchange", "fatal", "exit", "stuck", "other plan".</param>
/// <param name="Rank">The worker that does it.</param>
/// <param name="Step">The training step in which.</param>
public sealed record FakeBehaviour(string Kind = "none", int Rank = -1, long Step = 0)
{
    /// <summary>
    /// Where the workers of one process meet in that step before one of them misbehaves; the others then stay there until they are told to end, as at an
    /// exchange with it. Null: nobody waits for anybody.
    /// </summary>
    public Barrier? Meeting { get; init; }

    /// <summary>Time of a tick.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(2);
}

using System.Diagnostics;
using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Training.Jobs;

/// <summary>A worker that only exchanges: a tick moves what a training step moves, and computes nothing. What arrives in the first ticks is checked.</summary>
/// <param name="options">What the worker process was started with.</param>
public sealed class ExchangeJob(TrainingJobOptions options) : IWorkerJob
{
    /// <summary>Ticks at the start whose floats are all checked.</summary>
    public const int CheckedTicks = 2;

    private readonly Lock gate = new();
    private string? aborted;
    private ITransport? transport;
    private PlanExchanges exchanges = null!;
    private Plan plan = null!;

    /// <inheritdoc/>
    public WorkerFacts Prepare(IWorkerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var job = context.Job;
        var recipe = RecipeFile.Parse(job.Recipe, "recipe.yaml");
        plan = Plan.Compile(recipe.Network, recipe.Partition, job.Workers, recipe.Batch);
        lock (gate)
        {
            transport = TransportFactory.Create(job.Transport, job.Rank, job.Workers, options);
            if (aborted is not null) transport.Abort(aborted);
        }
        exchanges = new PlanExchanges(plan, job.Rank, transport);
        var address = transport.ListenAsync(context.Cancellation).GetAwaiter().GetResult();
        var addresses = context.Gather("transport", address);
        transport.ConnectAsync(exchanges.Slabs, addresses, context.Cancellation).GetAwaiter().GetResult();
        context.Gather("ready", "");
        return new WorkerFacts(plan.Sha256, recipe.Batch * NoiseBatch.StepsPerEpoch, 0, job.Transport switch { "peer" => "through shared memory", "relay" => "through the coordinator", TransportFactory.Mpi => "by MPI", _ => $"at {address}" }, "none");
    }

    /// <inheritdoc/>
    public TickResult Run(Tick tick, int drops)
    {
        var began = Stopwatch.GetTimestamp();
        exchanges.Run(tick.Number, tick.Number <= CheckedTicks);
        return new TickResult(default, new TickTimes(0, Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 0, 0, 0));
    }

    /// <inheritdoc/>
    public CheckpointFile SaveCheckpoint(string folder) => throw new NotSupportedException("exchanges alone have nothing to save");

    /// <inheritdoc/>
    public IReadOnlyList<ExchangeCounters> Counters() => [.. plan.Exchanges.Select(e => exchanges.Counters(e.Id))];

    /// <inheritdoc/>
    public long MappedBytes => transport!.MappedBytes;

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        lock (gate)
        {
            aborted ??= reason;
            transport?.Abort(reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            transport?.Dispose();
            transport = null;
        }
    }
}

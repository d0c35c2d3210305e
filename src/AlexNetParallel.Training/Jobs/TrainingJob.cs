using System.Diagnostics;
using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Engine;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Jobs;

/// <summary>One worker's part of a training run: plan, device, transport, feed and engine put together.</summary>
/// <param name="options">What the worker process was started with.</param>
public sealed class TrainingJob(TrainingJobOptions options) : IWorkerJob
{
    private readonly Lock gate = new();
    private string? aborted;
    private Recipe recipe = null!;
    private Plan plan = null!;
    private IDevice? device;
    private CudaPeerMemory? peerMemory;
    private ITransport? transport;
    private WorkerEngine? engine;
    private WorkerFeed? feed;
    private Course course = null!;
    private Action<string>? log;
    private UpdateRule[] rules = [];

    /// <summary>The engine, once prepared: its times and parameters.</summary>
    public WorkerEngine Engine => engine ?? throw new InvalidOperationException("the job is not prepared");

    /// <inheritdoc/>
    public StepTrace? Trace { get; private set; }

    /// <inheritdoc/>
    public WorkerFacts Prepare(IWorkerContext context)
    {
        var job = context.Job;
        recipe = RecipeFile.Parse(job.Recipe, "recipe.yaml");
        log = context.Log;
        plan = Plan.Compile(recipe.Network, recipe.Partition, job.Workers, recipe.Batch);
        context.Gather("plan", plan.Sha256, mustAgree: true);
        device = options.CreateDevice(job.Rank);
        peerMemory = device is CudaDevice cuda ? new CudaPeerMemory(cuda) : null;
        Guarded(() => transport = TransportFactory.Create(job.Transport, job.Rank, job.Workers, options, peerMemory));
        engine = new WorkerEngine(plan, job.Rank, device, transport!, recipe.Seed, position: context.Position);
        if (job.Trace is not null) engine.Trace = Trace = new StepTrace(engine.TraceCapacity + 1);
        if (device is CudaDevice opened) context.Log($"{opened.Description}: {opened.AllocatedBytes:N0} bytes allocated, {opened.PlanMemory(engine.Program).Bytes:N0} planned; {opened.CompiledModules} kernel modules compiled now");
        var address = transport!.ListenAsync(context.Cancellation).GetAwaiter().GetResult();
        var addresses = context.Gather("transport", address);
        transport.ConnectAsync(engine.Slabs, addresses, context.Cancellation).GetAwaiter().GetResult();

        if (device is CudaDevice) TellPaths(context);

        using var checkpoint = job.ResumeFrom is null ? null : Checkpoint.Open(job.ResumeFrom, verify: job.Rank == 0);
        Guarded(() => feed = WorkerFeed.Open(context, recipe, options.FeedThreads));
        course = new Course(recipe, feed!.TrainImages, feed.TestImages);
        rules = new UpdateRule[plan.Network.Layers.Count];
        checkpoint?.Load(engine);
        feed.Start(course, checkpoint?.Info.Tick ?? 0);
        context.Gather("ready", "");
        return new WorkerFacts(plan.Sha256, feed.TrainImages, feed.TestImages, feed.Description, device.Description);
    }

    /// <inheritdoc/>
    public TickResult Run(Tick tick, int drops)
    {
        if (tick.Split == Split.Train)
        {
            var settings = recipe.Schedule.At(course.Progress(tick, drops));
            foreach (var layer in plan.Network.Layers) rules[layer.Number] = settings.Rule(layer.Name, tick.Cases);
        }
        var begin = Stopwatch.GetTimestamp();
        var (images, labels) = feed!.Take(tick);
        Trace?.Add(StepTrace.Feed, begin, Stopwatch.GetTimestamp());
        var fed = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var (computed, exchanged, starved) = (engine!.ComputeSeconds, engine.ExchangeTimes, engine.StarvedSeconds);
        var loss = engine.Run(tick, images, labels, rules);
        feed.Release();
        TellKernels();
        var (compute, exchange) = (engine.ComputeSeconds - computed, engine.ExchangeTimes - exchanged);
        if (engine.StarvedSeconds - starved is { } late) exchange = exchange.NoticedBy(late);
        var host = Stopwatch.GetElapsedTime(begin).TotalSeconds - fed - compute - exchange.Exposed;
        var times = new TickTimes(
            compute, exchange.Exposed - exchange.Idle, exchange.Idle, fed, host, Math.Max(0, exchange.Moving - (exchange.Exposed - exchange.Idle)));
        if (!options.MeasurePeak) return new TickResult(loss, times);
        begin = Stopwatch.GetTimestamp();
        var peak = device!.MeasurePeak();
        return new TickResult(loss, times, peak, Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    /// <summary>By which path this worker's slabs reach each of the others.</summary>
    private void TellPaths(IWorkerContext context)
    {
        foreach (var slab in engine!.Slabs.Where(s => s.From == engine.Rank).DistinctBy(s => s.To).OrderBy(s => s.To))
            context.Log($"slabs to worker {slab.To}: {(transport!.MovesBetweenDevices(slab.Id) ? "from device to device" : "through pinned host memory")} ({transport.Name})");
    }

    /// <summary>After the first training step: which variants of the kernels ran.</summary>
    private void TellKernels()
    {
        if (log is null || device is not CudaDevice { KernelsUsed: { Count: > 0 } used }) return;
        log($"kernels: {string.Join("; ", used)}");
        log = null;
    }

    /// <inheritdoc/>
    public CheckpointFile SaveCheckpoint(string folder) => Checkpoint.WriteWorker(folder, Engine);

    /// <inheritdoc/>
    public IReadOnlyList<ExchangeCounters> Counters() => [.. plan.Exchanges.Select(e => transport!.Counters(e.Id))];

    /// <inheritdoc/>
    public long MappedBytes => transport!.MappedBytes;

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        lock (gate)
        {
            aborted ??= reason;
            transport?.Abort(reason);
            feed?.Abort(reason);
        }
    }

    /// <summary>What others may abort is made under the lock, so that an abort that comes first is not lost.</summary>
    private void Guarded(Action make)
    {
        lock (gate)
        {
            make();
            if (aborted is null) return;
            transport?.Abort(aborted);
            feed?.Abort(aborted);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            feed?.Dispose();
            engine?.Dispose();
            transport?.Dispose();
            peerMemory?.Dispose();
            device?.Dispose();
            (feed, engine, transport, peerMemory, device) = (null, null, null, null, null);
        }
    }
}

using System.Diagnostics;
using System.Threading.Channels;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Engine;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;
using Grpc.Core;

namespace AlexNetParallel.Training.Coordination;

/// <summary>
/// Leads a run: admits workers, hands out the job, grants ticks, makes metrics of the workers' reports, has checkpoints written, notices failures
/// and names the first. It computes nothing of the network itself, and no step waits for it. One loop takes all inputs, so nothing here needs a lock.
/// </summary>
public sealed partial class RunCoordinator : IAsyncDisposable
{
    private enum Phase { Waiting, Preparing, Running, Finishing, Over }

    private readonly CoordinatorOptions options;
    private readonly IRunObserver observer;
    private readonly Channel<CoordinatorInput> inputs = Channel.CreateUnbounded<CoordinatorInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly WorkerLink?[] links;
    private readonly WorkerPosition[] pages;
    private readonly Prepared?[] prepared;
    private readonly GatherBoard board;
    private readonly FailureJudge judge = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly int workers;
    private Phase phase = Phase.Waiting;
    private RpcServer? server;
    private RelayService? relay;
    private CourseDriver? driver;
    private Course? course;
    private TimeSpan trainingBegan;
    private TimeSpan? verdictAt;
    private string? stopping;
    private StepDone? lastStep;
    private int disposed;

    /// <param name="options">The run.</param>
    /// <param name="observer">Is told how it goes.</param>
    public RunCoordinator(CoordinatorOptions options, IRunObserver observer)
    {
        (this.options, this.observer, workers) = (options, observer, options.Plan.Workers);
        links = new WorkerLink?[workers];
        prepared = new Prepared?[workers];
        pages = [.. Enumerable.Range(0, workers).Select(_ => WorkerPosition.Create())];
        board = new GatherBoard(workers);
        checkpointedStep = options.ResumeFrom?.Info.Step ?? 0;
    }

    /// <summary>Where workers find the coordinator; known after <see cref="StartAsync"/>.</summary>
    public RpcAddress Address => server?.Addresses[0] ?? throw new InvalidOperationException("the coordinator has not been started");

    /// <summary>Paths of the pages in which local workers keep their places, by rank.</summary>
    public IReadOnlyList<string> PositionPages => [.. pages.Select(p => p.Path!)];

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellation = default) =>
        server = await RpcServer.StartAsync(new RpcServerOptions { Listen = [options.Listen], Security = options.Security, ShutdownTimeout = TimeSpan.FromMilliseconds(500) },
            Serve, cancellation).ConfigureAwait(false);

    private void Serve(RpcServices services)
    {
        services.Add(new CoordinatorService(inputs.Writer));
        if (options.Transport == "relay") services.AddTensors(relay = new RelayService(workers));
    }

    /// <summary>Tells that a child process has ended that nobody had told to: a worker, or with rank −1 what started the workers.</summary>
    public void ReportChild(int rank, ChildExit exit) => inputs.Writer.TryWrite(new ChildEnded(rank, exit));

    /// <summary>Asks for an orderly end: after the ticks that are under way, with a checkpoint. May be called from any thread.</summary>
    /// <param name="why">For the log, e.g. "interrupted".</param>
    public void Stop(string why) => inputs.Writer.TryWrite(new StopAsked(why));

    /// <summary>Leads the run to its end.</summary>
    public async Task<RunOutcome> RunAsync()
    {
        using var timer = new Timer(_ => inputs.Writer.TryWrite(new SecondPassed()), null, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(0.25));
        await foreach (var input in inputs.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                Take(input);
            }
            catch (InvalidDataException e)
            {
                Fail(new FailureReport(FailureKind.Coordinator, -1, e.Message, default, []));
            }
            if (verdictAt <= clock.Elapsed) return Verdict();
            if (phase == Phase.Over) break;
        }
        EndTrace();
        return stopping is null || driver is { Finished: true } ? RunOutcome.Done : RunOutcome.Interrupted;
    }

    /// <summary>Ends the workers' connections: a worker that has not finished takes its run for ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        phase = Phase.Over;
        inputs.Writer.TryComplete();
        foreach (var link in links) link?.Close();
        if (server is not null) await server.DisposeAsync().ConfigureAwait(false);
        foreach (var page in pages) page.Dispose();
    }

    private void Take(CoordinatorInput input)
    {
        switch (input)
        {
            case WorkerArrived arrived:
                Admit(arrived.Link);
                break;
            case WorkerSaid said when said.Link.Rank >= 0:
                said.Link.Hear(said.Message.Heartbeat);
                Take(said.Link, said.Message);
                break;
            case WorkerLeft left when left.Link.Rank >= 0 && left.Link.Finished is null:
                Fail(new FailureReport(FailureKind.Lost, left.Link.Rank, $"the connection to {left.Link.Name} broke", PlaceOf(left.Link.Rank), []));
                break;
            case ChildEnded ended:
                TakeChild(ended);
                break;
            case CheckpointCommitted committed:
                TakeCommitted(committed);
                break;
            case StopAsked asked:
                TakeStop(asked.Why);
                break;
            case SecondPassed:
                Watch();
                break;
            case StatusAsked asked:
                asked.Answer.TrySetResult(Status());
                break;
        }
    }

    private void Take(WorkerLink link, WorkerMessage message)
    {
        switch (message.MessageCase)
        {
            case WorkerMessage.MessageOneofCase.Gather:
                if (board.Put(link.Rank, message.Gather.Key, message.Gather.Value, message.Gather.MustAgree) is { } values)
                    Send(new CoordinatorMessage { Gathered = new Gathered { Key = message.Gather.Key, Values = { values } } });
                break;
            case WorkerMessage.MessageOneofCase.Prepared:
                prepared[link.Rank] = message.Prepared;
                if (prepared.All(p => p is not null)) Begin();
                break;
            case WorkerMessage.MessageOneofCase.Tick when driver is not null:
                var t = message.Tick;
                var report = new WorkerTick(new Devices.LossSums(t.Loss, t.Top1Errors, t.Top5Errors),
                    new TickTimes(t.Compute, t.ExchangeExposed, t.WaitForSlower, t.Feed, t.Host, t.ExchangeHidden), t.PeakFlopPerSecond);
                foreach (var done in driver.Report(link.Rank, t.Number, report)) Tell(done);
                Advance();
                break;
            case WorkerMessage.MessageOneofCase.Spans when trace is not null:
                if (trace.Take(link.Rank, message.Spans, options.Plan) is { } said) observer.Log(said);
                break;
            case WorkerMessage.MessageOneofCase.CheckpointPart:
                TakePart(link, message.CheckpointPart);
                break;
            case WorkerMessage.MessageOneofCase.Counters:
                link.Counters = message.Counters;
                break;
            case WorkerMessage.MessageOneofCase.Log:
                observer.Log($"worker {link.Rank}: {message.Log.Text}");
                break;
            case WorkerMessage.MessageOneofCase.Failure:
                var f = message.Failure;
                Fail(new FailureReport(f.Consequence ? FailureKind.Consequence : FailureKind.Error, link.Rank,
                    f.Interrupted ? $"{link.Name} was interrupted: {f.Reason}" : $"{link.Name} failed: {f.Reason}", PlaceOf(link.Rank), []));
                break;
            case WorkerMessage.MessageOneofCase.Finished:
                link.Finished = message.Finished;
                link.Close();
                if (links.All(l => l?.Finished is not null)) Complete();
                break;
        }
    }

    private void Admit(WorkerLink link)
    {
        var wanted = link.Registration.HasRank ? link.Registration.Rank : Array.FindIndex(links, l => l is null);
        if (phase != Phase.Waiting || wanted < 0) link.Refuse(StatusCode.FailedPrecondition, $"the run has its {workers} workers already");
        else if (wanted >= workers) link.Refuse(StatusCode.OutOfRange, $"there is no rank {wanted}: the run has {workers} workers, numbered from 0");
        else if (links[wanted] is { } other) link.Refuse(StatusCode.AlreadyExists, $"rank {wanted} is taken by {other.Name}");
        if (link.Refusal is not null) return;
        link.Rank = wanted;
        links[wanted] = link;
        // The place is in the page only if the worker could open it; a heartbeat tells it otherwise.
        if (link.Registration.Host == HostIdentity.Current) link.Page = pages[wanted];
        var missing = links.Select((l, rank) => (l, rank)).Where(x => x.l is null).Select(x => x.rank).ToList();
        observer.Log($"{link.Name} has joined with {link.Registration.Device}{(missing.Count > 0 ? $"; waiting for rank {string.Join(", ", missing)}" : "")}");
        if (missing.Count > 0) return;
        phase = Phase.Preparing;
        var hosts = links.Select(l => l!.Registration.Host).ToList();
        foreach (var each in links)
        {
            each!.Send(new CoordinatorMessage
            {
                Job = new Job
                {
                    Rank = each.Rank,
                    Workers = workers,
                    Recipe = RecipeFile.Write(options.Recipe),
                    Transport = options.Transport,
                    ResumeFrom = options.ResumeFrom?.Folder ?? "",
                    NoFeed = options.NoFeed,
                    Hosts = { hosts },
                    TraceFrom = options.Trace?.From ?? 0,
                    TraceTo = options.Trace?.To ?? 0,
                },
            });
        }
    }

    private void Begin()
    {
        GatherBoard.Agree("plan", [.. prepared.Select(p => p!.PlanSha256)]);
        GatherBoard.Agree("number of images", [.. prepared.Select(p => $"{p!.TrainImages} to train, {p.TestImages} to test")]);
        var facts = prepared[0]!;
        if (facts.PlanSha256 != options.Plan.Sha256)
            throw new InvalidDataException($"the workers' plan ({facts.PlanSha256[..12]}…) is not the coordinator's ({options.Plan.Sha256[..12]}…): all must run the same version of the program");
        try
        {
            course = new Course(options.Recipe, facts.TrainImages, facts.TestImages);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
        BeginTrace();
        var resumed = options.ResumeFrom?.Info;
        driver = new CourseDriver(options.Recipe, course, workers, resumed?.Tick ?? 0, PlateauOf(resumed), CountedOf(resumed));
        // All have joined, and those that exchange through the coordinator have their streams.
        if (options.HideWhenComplete && options.Listen.UnixPath is { } socket) File.Delete(socket);
        phase = Phase.Running;
        trainingBegan = clock.Elapsed;
        var network = options.Plan.Network;
        Tell(new RunStarted(network.Name, network.Dialect, options.Plan.Partition.Name, workers, facts.Device.Split(' ')[0], options.Transport, options.Plan.Batch,
            network.ParameterCount, options.Plan.Sha256, facts.Data, facts.TrainImages, facts.TestImages, course.StepsPerEpoch, course.TotalSteps,
            resumed?.Step ?? 0, options.Folder.Path, [.. links.Select(l => l!.Registration.Pid)]));
        Advance();
    }

    /// <summary>Grants what can be granted, and ends the run when nothing is left to do.</summary>
    private void Advance()
    {
        if (phase != Phase.Running || judge.HasFailure || driver is null) return;
        if (stopping is not null) driver.Stop();
        for (var again = true; again;)
        {
            var (ticks, checkpoint) = driver.Grant();
            if (ticks.Count > 0) trace?.Note(ticks[^1].Step, $"grant ticks {ticks[0].Number} to {ticks[^1].Number}");
            if (ticks.Count > 0) Send(new CoordinatorMessage { Window = new Window { Drops = driver.Plateau.Drops, Ticks = { ticks.Select(Wires.Of) } } });
            if (checkpoint) OrderCheckpoint(driver.LastGranted!.Value);
            again = checkpoint;
        }
        if (!driver.IsOver || !driver.IsIdle || checkpoints.Count > 0) return;
        var endsEarly = stopping is not null || driver.HasComeToItsError && options.Recipe.Checkpoint.AtEnd;
        if (endsEarly && driver.LastDone is { } last && last.Step > checkpointedStep)
        {
            OrderCheckpoint(last);
            return;
        }
        if (driver.HasComeToItsError)
            observer.Log(FormattableString.Invariant($"the training error of epoch {driver.Counted.Epoch} is {100 * driver.Counted.Mean:F2} %, not above {100 * options.Recipe.StopAtTrainingError:G4} %: the run ends here"));
        phase = Phase.Finishing;
        Send(new CoordinatorMessage { Finish = new Finish() });
    }

    private void Complete()
    {
        if (phase != Phase.Finishing) return;
        phase = Phase.Over;
        var counters = links.Select(l => l!.Counters).ToList();
        if (relay is not null) observer.Log($"relay: {relay.PayloadBytes:N0} bytes of tensors passed through the coordinator");
        var exchanges = ExchangeSummaries.Of(options.Plan, options.Transport, counters, driver!.SecondsPerStep, driver.TicksDone);
        Tell(new RunDone(driver.LastDone?.Step ?? options.ResumeFrom?.Info.Step ?? 0, (clock.Elapsed - trainingBegan).TotalSeconds, driver.ImagesPerSecond,
            weightsSha256, exchanges, [.. links.Select(l => l!.Finished!).Select(f => new WorkerMemory(f.PeakMemoryBytes, f.RuntimeMemoryBytes, f.MappedMemoryBytes))],
            stopping is not null && !driver.Finished));
    }

    private void Tell(RunEvent happened)
    {
        if (happened is StepDone step)
        {
            lastStep = step;
            trace?.Note(step.Step, $"step {step.Step} is done");
        }
        observer.On(happened);
    }

    private void Send(CoordinatorMessage message)
    {
        foreach (var link in links) link?.Send(message);
    }
}

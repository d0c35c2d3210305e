using System.Collections.Concurrent;
using System.Diagnostics;
using AlexNetParallel.Data.Sharing;
using AlexNetParallel.Exchange;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Engine;
using AlexNetParallel.Training.Tracing;
using Grpc.Core;

namespace AlexNetParallel.Training.Coordination;

/// <summary>
/// A worker's part in a run: joins the coordinator, runs the job on a thread of its own as the coordinator orders, reports, and ends the job when the
/// run ends for whatever reason.
/// </summary>
public sealed class WorkerSession : IDisposable
{
    private static readonly TimeSpan heartbeat = TimeSpan.FromSeconds(1);

    private readonly CoordinatorConnection connection;
    private readonly WorkerPosition position;
    private readonly WorkerTracer tracer;
    private readonly CancellationTokenSource over = new();
    private readonly BlockingCollection<CoordinatorMessage> orders = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource<IReadOnlyList<string>>> gathers = new();
    private volatile IWorkerJob? job;
    private volatile string? ended;
    private long lastEnd; // Stopwatch time at which the last tick ended; 0 where something else was done since

    private WorkerSession(CoordinatorConnection connection, WorkerPosition position)
    {
        (this.connection, this.position) = (connection, position);
        tracer = new WorkerTracer(connection, over.Token);
    }

    /// <summary>Joins a run and does the worker's part until its end.</summary>
    /// <param name="options">How to join.</param>
    /// <param name="create">Makes the job; called on the job's own thread.</param>
    /// <param name="cancellation">Ends the worker early; the run fails by it.</param>
    /// <exception cref="WorkerSessionException">The run could not be joined, or has ended with a failure.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/>.</exception>
    public static async Task RunAsync(WorkerSessionOptions options, Func<IWorkerContext, IWorkerJob> create, CancellationToken cancellation)
    {
        using var position = options.PositionPage is { } page ? WorkerPosition.Open(page) : WorkerPosition.Create();
        var registration = new Registration
        {
            Host = HostIdentity.Current,
            HostName = Environment.MachineName,
            Pid = Environment.ProcessId,
            Device = options.Device,
            MemoryBytes = options.MemoryBytes,
        };
        if (options.Rank is { } rank) registration.Rank = rank;
        await using var connection = await CoordinatorConnection.OpenAsync(options, registration, cancellation).ConfigureAwait(false);
        using var session = new WorkerSession(connection, position);
        using var interrupted = cancellation.Register(() => session.End("interrupted", tell: true));
        await session.RunAsync(create).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        over.Cancel();
        orders.Dispose();
        over.Dispose();
    }

    private async Task RunAsync(Func<IWorkerContext, IWorkerJob> create)
    {
        var work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Work(create, work)) { Name = "worker job", IsBackground = true }.Start();
        using var timer = new Timer(_ => Beat(), null, TimeSpan.Zero, heartbeat);
        var listening = ListenAsync();
        try
        {
            await work.Task.ConfigureAwait(false);
        }
        finally
        {
            await timer.DisposeAsync().ConfigureAwait(false);
            await connection.FlushAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
            // The coordinator closes its side when it has everything.
            await Task.WhenAny(listening, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false);
        }
    }

    private void Beat() => connection.Send(new WorkerMessage { Heartbeat = new Heartbeat { Tick = position.Tick, Step = position.Step, Instruction = position.Instruction } });

    private async Task ListenAsync()
    {
        var why = "the coordinator ended the connection";
        try
        {
            await foreach (var message in connection.Messages(CancellationToken.None).ConfigureAwait(false))
            {
                switch (message.MessageCase)
                {
                    case CoordinatorMessage.MessageOneofCase.Gathered:
                        Gather(message.Gathered.Key).TrySetResult(message.Gathered.Values);
                        break;
                    case CoordinatorMessage.MessageOneofCase.ClockAnswer:
                        tracer.Answered(message.ClockAnswer);
                        break;
                    case CoordinatorMessage.MessageOneofCase.Abort:
                        End(message.Abort.Reason, tell: false);
                        break;
                    default:
                        Order(message);
                        break;
                }
            }
        }
        catch (Exception e) when (e is RpcException or IOException)
        {
            why = $"the coordinator is gone ({(e as RpcException)?.Status.Detail ?? e.Message})";
        }
        End(why, tell: false);
    }

    private void Order(CoordinatorMessage message)
    {
        try
        {
            orders.Add(message);
        }
        catch (InvalidOperationException)
        {
            // The run has ended meanwhile.
        }
    }

    private TaskCompletionSource<IReadOnlyList<string>> Gather(string key) => gathers.GetOrAdd(key, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Ends the job: it will not go on, whatever it waits for.</summary>
    private void End(string reason, bool tell)
    {
        if (Interlocked.CompareExchange(ref ended, reason, null) is not null) return;
        if (tell) connection.Send(new WorkerMessage { Failure = new Failure { Reason = reason, Interrupted = true } });
        over.Cancel();
        job?.Abort(reason);
        orders.CompleteAdding();
    }

    /// <summary>The job's thread.</summary>
    private void Work(Func<IWorkerContext, IWorkerJob> create, TaskCompletionSource done)
    {
        try
        {
            using (var made = create(new Context(this)))
            {
                job = made;
                if (ended is { } before) made.Abort(before);
                var runtimeMemory = Environment.WorkingSet;
                Prepare(made);
                foreach (var order in orders.GetConsumingEnumerable())
                {
                    if (Follow(made, order)) break;
                }
                if (ended is not null) throw new WorkerSessionException($"the run has ended: {ended}");
                var peakMemory = Process.GetCurrentProcess().PeakWorkingSet64;
                connection.Send(new WorkerMessage { Finished = new Finished { PeakMemoryBytes = peakMemory, RuntimeMemoryBytes = runtimeMemory, MappedMemoryBytes = made.MappedBytes } });
            }
            done.SetResult();
        }
        catch (Exception e)
        {
            Report(e);
            done.SetException(ended is { } reason && e is not WorkerSessionException ? new WorkerSessionException($"the run has ended: {reason}", e) : e);
        }
    }

    private void Prepare(IWorkerJob made)
    {
        var facts = made.Prepare(new Context(this));
        connection.Send(new WorkerMessage
        {
            Prepared = new Prepared { PlanSha256 = facts.PlanSha256, TrainImages = facts.TrainImages, TestImages = facts.TestImages, Data = facts.Data, Device = facts.Device },
        });
    }

    /// <summary>Carries out an order. True when it was the last.</summary>
    private bool Follow(IWorkerJob made, CoordinatorMessage order)
    {
        switch (order.MessageCase)
        {
            case CoordinatorMessage.MessageOneofCase.Window:
                foreach (var tick in order.Window.Ticks)
                {
                    if (ended is not null) return true;
                    Run(made, Wires.Of(tick), order.Window.Drops);
                }
                return false;
            case CoordinatorMessage.MessageOneofCase.WriteCheckpoint:
                var file = made.SaveCheckpoint(order.WriteCheckpoint.Folder);
                lastEnd = 0;
                connection.Send(new WorkerMessage
                {
                    CheckpointPart = new CheckpointPart { Step = order.WriteCheckpoint.Step, Name = file.Name, Bytes = file.Bytes, Sha256 = file.Sha256 },
                });
                return false;
            case CoordinatorMessage.MessageOneofCase.Finish:
                var counters = new Counters();
                foreach (var c in made.Counters())
                {
                    counters.Exchanges.Add(new Counters.Types.Exchange
                    {
                        PayloadBytesSent = c.PayloadBytesSent,
                        PayloadBytesReceived = c.PayloadBytesReceived,
                        OverheadBytesSent = c.OverheadBytesSent,
                        Messages = c.Messages,
                        ExposedSeconds = c.ExposedSeconds,
                        ExposedP50 = c.ExposedP50,
                        ExposedP95 = c.ExposedP95,
                        WrongFloats = c.WrongFloats,
                    });
                }
                connection.Send(new WorkerMessage { Counters = counters });
                return true;
            default:
                throw new WorkerSessionException($"the coordinator sent {order.MessageCase}, which a worker at work does not expect");
        }
    }

    private void Run(IWorkerJob made, Model.Recipes.Tick tick, int drops)
    {
        tracer.Begin(made, tick);
        var (began, sinceLast) = (Stopwatch.GetTimestamp(), lastEnd);
        TickResult result;
        try
        {
            result = made.Run(tick, drops);
        }
        catch
        {
            tracer.End(whole: false); // what was done until then shows who waited for whom
            throw;
        }
        lastEnd = Stopwatch.GetTimestamp();
        // What passed between the ticks is the host's; so is what the job did besides its own accounts.
        var seconds = Stopwatch.GetElapsedTime(sinceLast == 0 ? began : sinceLast, lastEnd).TotalSeconds - result.PauseSeconds;
        var times = result.Times with { Host = result.Times.Host + seconds - result.Times.Seconds };
        connection.Send(new WorkerMessage
        {
            Tick = new TickReport
            {
                Number = tick.Number,
                Loss = result.Loss.Loss,
                Top1Errors = result.Loss.Top1Errors,
                Top5Errors = result.Loss.Top5Errors,
                Compute = times.Compute,
                ExchangeExposed = times.ExchangeExposed,
                WaitForSlower = times.WaitForSlower,
                Feed = times.Feed,
                Host = times.Host,
                ExchangeHidden = times.ExchangeHidden,
                PeakFlopPerSecond = result.PeakFlopPerSecond,
            },
        });
        tracer.End(whole: true);
    }

    /// <summary>Tells the coordinator of an exception, unless the coordinator has ended the run itself.</summary>
    private void Report(Exception e)
    {
        var reason = e.InnerException is { } inner && e.Message != inner.Message ? $"{e.Message} ({inner.Message})" : e.Message;
        var consequence = ended is not null || e is ExchangeException or FeedException or OperationCanceledException;
        connection.Send(new WorkerMessage { Failure = new Failure { Reason = reason, Consequence = consequence } });
    }

    /// <summary>What the job sees of the session.</summary>
    private sealed class Context(WorkerSession session) : IWorkerContext
    {
        public JobDescription Job { get; } = new(
            session.connection.Job.Rank, session.connection.Job.Workers, session.connection.Job.Recipe, session.connection.Job.Transport,
            session.connection.Job.ResumeFrom.Length > 0 ? session.connection.Job.ResumeFrom : null, session.connection.Job.NoFeed,
            WorkerTracer.RangeOf(session.connection.Job));

        public WorkerPosition Position => session.position;

        public IReadOnlyList<string> Hosts => session.connection.Job.Hosts;

        public CancellationToken Cancellation => session.over.Token;

        public void Log(string line) => session.connection.Send(new WorkerMessage { Log = new LogLine { Text = line } });

        public IReadOnlyList<string> Gather(string key, string value, bool mustAgree)
        {
            var answer = session.Gather(key);
            session.connection.Send(new WorkerMessage { Gather = new GatherValue { Key = key, Value = value, MustAgree = mustAgree } });
            return answer.Task.WaitAsync(Cancellation).GetAwaiter().GetResult();
        }
    }
}

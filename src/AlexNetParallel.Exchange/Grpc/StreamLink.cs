using System.Runtime.InteropServices;
using System.Text;
using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>
/// The stream between this worker and one peer, and the two loops that use it, each on a thread of its own. What crosses, see proto/exchange.proto: a first message of tick 0 from
/// each side; then notices and slabs; at last another message of tick 0, whose payload is the reason.
/// A slab is sent only when its notice has come, so the receiving loop never waits for anything but the network.
/// </summary>
internal sealed class StreamLink : IDisposable
{
    private const int LongestReason = 1024;

    private readonly SlabRoute?[] routes;
    private readonly Action changed;
    private readonly SendQueue queue;
    private readonly object line = new();
    private readonly CancellationTokenSource cancellation = new();
    private readonly TaskCompletionSource greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly nint reasonIn = Marshal.AllocHGlobal(LongestReason);
    private readonly nint reasonOut = Marshal.AllocHGlobal(LongestReason);
    private volatile TensorStream? now;
    private volatile string? whyGone;
    private volatile string? farewell;
    private int reasonBytes = -1;
    private int started;

    /// <param name="peer">The peer's rank.</param>
    /// <param name="routes">All slabs of this worker by number.</param>
    /// <param name="changed">Called when <see cref="WhyGone"/> has become known.</param>
    public StreamLink(int peer, SlabRoute?[] routes, Action changed)
    {
        Peer = peer;
        this.routes = routes;
        this.changed = changed;
        queue = new SendQueue(Math.Max(1, routes.Count(r => r is not null && IsPeers(r))));
    }

    /// <summary>The peer's rank.</summary>
    public int Peer { get; }

    /// <summary>Done when both sides have said that they are there.</summary>
    /// <exception cref="ExchangeException">The peer refused or went away.</exception>
    public Task Greeted => greeted.Task;

    /// <summary>Why the peer takes no further part; null if it does.</summary>
    public string? WhyGone => whyGone;

    /// <summary>Done when nothing moves over this link, because it has ended or never began.</summary>
    public Task Ended => Volatile.Read(ref started) == 0 ? Task.CompletedTask : ended.Task;

    /// <summary>
    /// Sends a slab, or the notice that one may come. What is short leaves at once, on the worker's own thread: to wake another would take longer. A long slab
    /// leaves while the worker goes on.
    /// </summary>
    public void Send(SlabRoute route, long tick)
    {
        if (!SendNow(route, tick)) queue.Add(route, tick);
    }

    /// <summary>Tells the peer that this worker leaves, after what is queued.</summary>
    public void Leave(string why)
    {
        var bytes = Encoding.UTF8.GetBytes(why);
        reasonBytes = Math.Min(bytes.Length, LongestReason);
        Marshal.Copy(bytes, 0, reasonOut, reasonBytes);
        queue.Close();
    }

    /// <summary>Ends everything at once.</summary>
    public void Cancel() => cancellation.Cancel();

    /// <summary>Opens a stream and runs it.</summary>
    public async Task RunAsync(Func<TensorStream> open)
    {
        using var stream = open();
        await RunAsync(stream).ConfigureAwait(false);
    }

    /// <summary>Runs until one of the two leaves or the connection breaks. Never throws; gives what broke it.</summary>
    public async Task<Exception?> RunAsync(TensorStream stream)
    {
        Volatile.Write(ref started, 1);
        var sending = GuardAsync(OnOwnThread(() => SendAll(stream)));
        var receiving = GuardAsync(ReceiveAllAsync(stream));
        var sendFailure = await sending.ConfigureAwait(false);
        var receiveFailure = await receiving.ConfigureAwait(false);
        // The peer's status comes to the receiving side; a cancellation there is only this side's answer to a failure of the other loop.
        var failure = receiveFailure is null or OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } ? sendFailure ?? receiveFailure : receiveFailure;
        // What the peer said itself counts for more than how the connection then ended.
        whyGone = farewell is { } said ? ExchangeFailure.Left(Peer, said) : ExchangeFailure.Broken(Peer, Describe(failure));
        greeted.TrySetException(new ExchangeException($"{whyGone}, before it had linked up", failure));
        _ = greeted.Task.Exception; // seen, if nobody waits for it
        changed();
        ended.TrySetResult();
        return failure;
    }

    /// <summary>Only when <see cref="Ended"/> is done.</summary>
    public void Dispose()
    {
        cancellation.Dispose();
        Marshal.FreeHGlobal(reasonIn);
        Marshal.FreeHGlobal(reasonOut);
    }

    /// <summary>A failure of one loop ends the other.</summary>
    private async Task<Exception?> GuardAsync(Task loop)
    {
        try
        {
            await loop.ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            queue.Close();
            await cancellation.CancelAsync().ConfigureAwait(false);
            return e;
        }
    }

    private void SendAll(TensorStream stream)
    {
        lock (line)
        {
            stream.Send(0, 0, default, cancellation.Token);
            now = stream;
        }
        while (queue.Take(out var tick) is { } route)
        {
            lock (line) Send(stream, route, tick);
        }
        lock (line)
        {
            now = null;
            if (reasonBytes >= 0) stream.Send(0, 0, NativeRows.Contiguous(reasonOut, reasonBytes), cancellation.Token);
        }
        stream.Complete();
    }

    /// <summary>Sends what is short, if nothing else is being sent; else false.</summary>
    private bool SendNow(SlabRoute route, long tick)
    {
        var bytes = route.IsOutgoing ? route.Place.Bytes : 0;
        if (bytes > TensorStream.ShortPayload || !Monitor.TryEnter(line)) return false;
        try
        {
            if (now is not { } stream) return false;
            route.Leaving();
            var overhead = stream.TrySend(route.Slab.Id, tick, route.IsOutgoing ? route.Place : default);
            if (overhead == 0) return false;
            Sent(route, tick, overhead);
            return true;
        }
        finally
        {
            Monitor.Exit(line);
        }
    }

    private void Send(TensorStream stream, SlabRoute route, long tick)
    {
        route.Leaving();
        Sent(route, tick, stream.Send(route.Slab.Id, tick, route.IsOutgoing ? route.Place : default, cancellation.Token));
    }

    private void Sent(SlabRoute route, long tick, int overhead)
    {
        if (route.Sent(tick, overhead) is var next and not 0) queue.Add(route, next);
    }

    private Task OnOwnThread(Action loop)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                loop();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = $"alexnet to worker {Peer}" }.Start();
        return done.Task;
    }

    private async Task ReceiveAllAsync(TensorStream stream)
    {
        while (await stream.NextAsync(cancellation.Token).ConfigureAwait(false))
        {
            if (stream.Tick == 0)
            {
                if (!greeted.TrySetResult()) await ReceiveFarewellAsync(stream).ConfigureAwait(false);
                continue;
            }
            var (tick, route) = (stream.Tick, Find(stream.Slab));
            if (!route.IsOutgoing)
            {
                route.Arriving(tick);
                await stream.ReceiveAsync(route.Place).ConfigureAwait(false);
                route.Received(tick);
            }
            else if (stream.PayloadBytes != 0)
            {
                throw new InvalidDataException($"slab {route.Slab.Id} came with a payload, but goes the other way");
            }
            else if (route.Noticed(tick))
            {
                Send(route, tick);
            }
        }
        queue.Close();
    }

    private async Task ReceiveFarewellAsync(TensorStream stream)
    {
        var bytes = stream.PayloadBytes;
        if (bytes > LongestReason) throw new InvalidDataException($"a reason of {bytes} bytes; expected at most {LongestReason}");
        await stream.ReceiveAsync(NativeRows.Contiguous(reasonIn, bytes)).ConfigureAwait(false);
        farewell = Marshal.PtrToStringUTF8(reasonIn, bytes);
        queue.Close();
    }

    private SlabRoute Find(int slab) => (uint)slab < (uint)routes.Length && routes[slab] is { } route && IsPeers(route)
        ? route
        : throw new InvalidDataException($"slab {slab} is none between the two workers");

    private bool IsPeers(SlabRoute route) => (route.IsOutgoing ? route.Slab.To : route.Slab.From) == Peer;

    private static string Describe(Exception? failure) => failure switch
    {
        null => "it ended without a reason",
        RpcException e => e.Status.Detail,
        OperationCanceledException => "it was given up",
        _ => failure.Message,
    };
}

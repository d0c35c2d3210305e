using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Http2;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// One end of a stream of tensor messages, on a connection of its own. Payloads go from native memory into the connection and back without a copy, and
/// no call here makes an object once the stream runs. One send and one receive at a time; the two directions are independent.
/// A thread that sends waits until the message has left; what follows an awaited receive may run on the thread that receives: while it computes, nothing arrives.
/// </summary>
/// <example><code>
/// while (await stream.NextAsync(cancellation))            // slab and tick are known, the payload still waits in the transport
///     await stream.ReceiveAsync(placeOf(stream.Slab, stream.Tick));
/// </code></example>
public sealed class TensorStream : IDisposable
{
    /// <summary>Longest payload in bytes.</summary>
    public const int LongestPayload = int.MaxValue - TensorCodec.LongestHead;

    /// <summary>Longest payload of <see cref="TrySend"/>.</summary>
    public const int ShortPayload = Outbox.ShortBytes;

    private readonly ITensorEnd _end;
    private readonly TensorFrame _outgoing = new();
    private readonly Outbox _outbox;
    private int _sending;
    private int _receiving;
    private bool _hasMessage;
    private bool _hasPayload;

    /// <param name="connection">What it crosses by.</param>
    /// <param name="end">The same, as one of its two ends.</param>
    internal TensorStream(Http2Connection connection, ITensorEnd end)
    {
        _end = end;
        Inbox = new Inbox(connection);
        _outbox = new Outbox(connection, end.Over);
    }

    /// <summary>The slab of the message that <see cref="NextAsync"/> found.</summary>
    public int Slab => Incoming.Slab;

    /// <summary>The tick of that message.</summary>
    public long Tick => Incoming.Tick;

    /// <summary>The size of its payload in bytes.</summary>
    public int PayloadBytes => Incoming.PayloadBytes;

    /// <summary>What arrives.</summary>
    internal Inbox Inbox { get; }

    private TensorFrame Incoming => _hasMessage ? Inbox.Frame : throw new InvalidOperationException("There is no current message: NextAsync was not called, or did not return true.");

    /// <summary>Sends a message, with the calling thread, which waits until it has left. The memory may be written again then; the receiver need not have all of it yet.</summary>
    /// <param name="slab">The slab's number, from 0.</param>
    /// <param name="tick">The tick, from 0.</param>
    /// <param name="source">The payload.</param>
    /// <param name="cancellation">Cancels the whole call: a message that is half sent cannot be taken back.</param>
    /// <returns>Bytes of the message besides its payload.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The payload is longer than <see cref="LongestPayload"/>.</exception>
    /// <exception cref="InvalidOperationException">A send is under way.</exception>
    /// <exception cref="RpcException">The call is over or broke.</exception>
    public int Send(int slab, long tick, NativeRows source, CancellationToken cancellation = default)
    {
        Begin(slab, tick, source);
        return Finish(cancellation);
    }

    /// <summary>The same without holding up a thread that receives: after an awaited receive the calling thread may be one, and the other side may be waiting for it to receive on.</summary>
    /// <inheritdoc cref="Send"/>
    public ValueTask<int> SendAsync(int slab, long tick, NativeRows source, CancellationToken cancellation = default)
    {
        if (!Http2Connection.IsAnyReceiver) return new ValueTask<int>(Send(slab, tick, source, cancellation));
        if (TrySend(slab, tick, source) is var sent and not 0) return new ValueTask<int>(sent);
        Begin(slab, tick, source);
        return new ValueTask<int>(Task.Run(() => Finish(cancellation)));
    }

    /// <summary>Sends a short message (<see cref="ShortPayload"/>) if that needs no waiting. The memory may be written again at once.</summary>
    /// <returns>Bytes of the message besides its payload; 0 if it was not sent.</returns>
    /// <exception cref="InvalidOperationException">A send is under way.</exception>
    public int TrySend(int slab, long tick, NativeRows source)
    {
        Begin(slab, tick, source);
        try
        {
            _end.BeforeData();
            return _outbox.TrySend(_outgoing);
        }
        finally
        {
            Volatile.Write(ref _sending, 0);
        }
    }

    /// <summary>Waits for the next message; false when the other side has ended its direction well. What was not received of the last one is dropped.</summary>
    /// <param name="cancellation">Cancels the whole call.</param>
    /// <exception cref="InvalidOperationException">A receive is under way.</exception>
    /// <exception cref="RpcException">The call ended with an error, or what came is no tensor message.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> NextAsync(CancellationToken cancellation = default)
    {
        BeginReceive();
        _hasMessage = _hasPayload = false;
        var registration = Watch(cancellation);
        try
        {
            return _hasMessage = _hasPayload = await Inbox.NextAsync().ConfigureAwait(false);
        }
        finally
        {
            registration.Dispose();
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Reads the payload of the current message into its place. The sender waits meanwhile, once the buffers of the connection are full.</summary>
    /// <exception cref="InvalidOperationException">A receive is under way, or there is no message whose payload waits.</exception>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the payload has another size than its place. Others: the call broke off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReceiveAsync(NativeRows destination)
    {
        BeginReceive();
        try
        {
            var frame = Incoming;
            if (!_hasPayload) throw new InvalidOperationException("The payload of this message was received already.");
            if (destination.Bytes != frame.PayloadBytes)
            {
                throw new RpcException(new Status(
                    StatusCode.InvalidArgument, $"Slab {frame.Slab} of tick {frame.Tick} came with {frame.PayloadBytes} bytes; expected {destination.Bytes}."));
            }

            _hasPayload = false;
            await Inbox.ReceiveAsync(destination).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Tells a server that no more messages follow. On a server, ending the handler does so.</summary>
    public void Complete() => _end.Complete();

    /// <summary>On a client: cancels the call if it has not ended.</summary>
    public void Dispose() => _end.Close();

    private void Begin(int slab, long tick, NativeRows source)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Bytes, LongestPayload);
        if (Interlocked.Exchange(ref _sending, 1) == 1) throw new InvalidOperationException("A send is under way on this stream; await it before the next one.");
        (_outgoing.Slab, _outgoing.Tick, _outgoing.Source) = (slab, tick, source);
    }

    private int Finish(CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            using var registration = Watch(cancellation);
            _end.BeforeData();
            return _outbox.Send(_outgoing);
        }
        finally
        {
            Volatile.Write(ref _sending, 0);
        }
    }

    private CancellationTokenRegistration Watch(CancellationToken cancellation) =>
        cancellation.UnsafeRegister(static e => ((ITensorEnd)e!).Cancel(), _end);

    private void BeginReceive()
    {
        if (Interlocked.Exchange(ref _receiving, 1) == 1) throw new InvalidOperationException("A receive is under way on this stream; await it before the next one.");
    }
}

/// <summary>What the client's end of a stream does in another way than the server's.</summary>
internal interface ITensorEnd
{
    /// <summary>Sends what must stand before the first message, if it was not sent.</summary>
    void BeforeData();

    /// <summary>Ends this direction.</summary>
    void Complete();

    /// <summary>Ends the call at once.</summary>
    void Cancel();

    /// <summary>The user is done with the stream.</summary>
    void Close();

    /// <summary>What somebody is told who wants to send when the stream is over.</summary>
    RpcException Over(Exception? found);
}

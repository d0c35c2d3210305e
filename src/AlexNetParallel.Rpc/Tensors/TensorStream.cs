using System.Runtime.CompilerServices;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// One end of a stream of tensor messages. Payloads go from native memory into the transport and back without a managed copy of the whole, and
/// no call here makes an object once the stream runs. One send and one receive at a time; the two directions are independent.
/// </summary>
/// <example><code>
/// while (await stream.NextAsync(cancellation))            // slab and tick are known, the payload still waits in the transport
///     await stream.ReceiveAsync(placeOf(stream.Slab, stream.Tick));
/// </code></example>
public sealed class TensorStream : IDisposable
{
    /// <summary>Longest payload in bytes.</summary>
    public const int LongestPayload = int.MaxValue - TensorCodec.LongestHead;

    private readonly IAsyncStreamReader<TensorFrame> _reader;
    private readonly IAsyncStreamWriter<TensorFrame> _writer;
    private readonly IDisposable? _call;
    private readonly TensorFrame _outgoing = new();
    private readonly NativeWindow _window = new();
    private TensorFrame? _incoming;
    private int _sending;
    private int _receiving;

    /// <param name="reader">Where messages come from.</param>
    /// <param name="writer">Where messages go.</param>
    /// <param name="call">Disposed with the stream; null on a server.</param>
    internal TensorStream(IAsyncStreamReader<TensorFrame> reader, IAsyncStreamWriter<TensorFrame> writer, IDisposable? call) =>
        (_reader, _writer, _call) = (reader, writer, call);

    /// <summary>The slab of the message that <see cref="NextAsync"/> found.</summary>
    public int Slab => Incoming.Slab;

    /// <summary>The tick of that message.</summary>
    public long Tick => Incoming.Tick;

    /// <summary>The size of its payload in bytes.</summary>
    public int PayloadBytes => Incoming.PayloadBytes;

    private TensorFrame Incoming => _incoming ?? throw new InvalidOperationException("There is no current message: NextAsync was not called, or did not return true.");

    /// <summary>Sends a message. When it is done, the memory may be written again; the receiver need not have all of it yet.</summary>
    /// <param name="slab">The slab's number, from 0.</param>
    /// <param name="tick">The tick, from 0.</param>
    /// <param name="source">The payload.</param>
    /// <param name="cancellation">Cancels the whole call: a message that is half sent cannot be taken back.</param>
    /// <returns>Bytes of the message besides its payload.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The payload is longer than <see cref="LongestPayload"/>.</exception>
    /// <exception cref="InvalidOperationException">A send is under way.</exception>
    /// <exception cref="RpcException">The call is over or broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> SendAsync(int slab, long tick, NativeRows source, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Bytes, LongestPayload);
        if (Interlocked.Exchange(ref _sending, 1) == 1) throw new InvalidOperationException("A send is under way on this stream; await it before the next one.");
        try
        {
            (_outgoing.Slab, _outgoing.Tick, _outgoing.Source) = (slab, tick, source);
            var overhead = FrameHeadBytes + TensorCodec.HeadBytes(_outgoing);
            await RpcAdapter.WriteAsync(_writer, _outgoing, cancellation).ConfigureAwait(false);
            return overhead;
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
        try
        {
            _incoming = null;
            if (!await RpcAdapter.MoveNextAsync(_reader, cancellation).ConfigureAwait(false)) return false;
            _incoming = _reader.Current;
            return true;
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Reads the payload of the current message into its place. The sender waits once the windows of the connection are full.</summary>
    /// <exception cref="InvalidOperationException">A receive is under way, or there is no message whose payload waits.</exception>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the payload has another size than its place. Others: the call broke off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReceiveAsync(NativeRows destination)
    {
        BeginReceive();
        try
        {
            var frame = Incoming;
            var payload = frame.Payload ?? throw new InvalidOperationException("The payload of this message was received already.");
            if (destination.Bytes != frame.PayloadBytes)
            {
                throw new RpcException(new Status(
                    StatusCode.InvalidArgument, $"Slab {frame.Slab} of tick {frame.Tick} came with {frame.PayloadBytes} bytes; expected {destination.Bytes}."));
            }

            frame.Payload = null;
            var box = destination.Joined();
            for (var plane = 0; plane < box.Planes; plane++)
            {
                for (var row = 0; row < box.Rows; row++)
                    await payload.ReadExactlyAsync(_window.Show(box.Row(plane, row), box.RowBytes)).ConfigureAwait(false);
            }
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Tells a server that no more messages follow. On a server, ending the handler does so.</summary>
    public Task CompleteAsync() => _writer is IClientStreamWriter<TensorFrame> client ? client.CompleteAsync() : Task.CompletedTask;

    /// <summary>On a client: cancels the call if it has not ended.</summary>
    public void Dispose() => _call?.Dispose();

    /// <summary>The flag and length that gRPC puts before each message.</summary>
    private const int FrameHeadBytes = 5;

    private void BeginReceive()
    {
        if (Interlocked.Exchange(ref _receiving, 1) == 1) throw new InvalidOperationException("A receive is under way on this stream; await it before the next one.");
    }
}

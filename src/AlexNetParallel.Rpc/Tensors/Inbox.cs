using System.Threading.Tasks.Sources;
using AlexNetParallel.Rpc.Http2;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// The messages that arrive on a stream. A user that comes on the connection's own thread (as every continuation of <see cref="NextAsync"/> and <see cref="ReceiveAsync"/> does,
/// if nothing asks for another) receives with that thread, without any hand-over. Another leaves its demand, and that thread serves it. What comes while nobody
/// asks is kept, up to a limit; then the connection's thread waits, and with it the other side.
/// </summary>
internal sealed class Inbox(Http2Connection connection) : IValueTaskSource<bool>, IValueTaskSource
{
    /// <summary>The flag and length that gRPC puts before each message.</summary>
    public const int PrefixBytes = 5;

    private const int KeptBytes = 64 * 1024;

    private readonly object gate = new();
    private readonly byte[] kept = new byte[KeptBytes];
    private ManualResetValueTaskSourceCore<bool> done;
    private Demand demand;
    private NativeRows place;
    private int start;
    private int end;
    private long left;
    private bool over;
    private Exception? outcome;
    private bool abandoned;

    private enum Demand
    {
        None,
        Next,
        Receive,
    }

    /// <summary>What is known of the current message.</summary>
    public TensorFrame Frame { get; } = new();

    /// <summary>Waits for the next message.</summary>
    public ValueTask<bool> NextAsync()
    {
        if (connection.IsReceiver) return new ValueTask<bool>(Next(receive: true));
        lock (gate)
        {
            Monitor.PulseAll(gate); // one way or the other there will be room
            if (over || HoldsMessage()) return new ValueTask<bool>(Next(receive: false));
            Ask(Demand.Next);
            return new ValueTask<bool>(this, done.Version);
        }
    }

    /// <summary>Takes the payload of the current message.</summary>
    public ValueTask ReceiveAsync(NativeRows to)
    {
        if (connection.IsReceiver)
        {
            Take(to, receive: true);
            return default;
        }

        lock (gate)
        {
            Monitor.PulseAll(gate);
            if (over || end - start >= left)
            {
                Take(to, receive: false);
                return default;
            }

            place = to;
            Ask(Demand.Receive);
            return new ValueTask(this, done.Version);
        }
    }

    /// <summary>On the connection's thread: does what somebody has asked for; false if nobody has.</summary>
    public bool Serve()
    {
        Demand asked;
        lock (gate) asked = demand;
        if (asked == Demand.None) return false;
        var (found, failure) = (true, default(Exception));
        try
        {
            if (asked == Demand.Next) found = Next(receive: true);
            else Take(place, receive: true);
        }
        catch (Exception e)
        {
            failure = e;
        }

        lock (gate) demand = Demand.None;
        if (failure is null) done.SetResult(found);
        else done.SetException(failure);
        return true;
    }

    /// <summary>On the connection's thread, when there is data and nobody has asked: keeps it, or waits until somebody asks.</summary>
    public void Store()
    {
        if (!connection.AwaitData()) return;
        lock (gate)
        {
            if (demand != Demand.None) return;
            if (abandoned)
            {
                connection.DropData(long.MaxValue);
                return;
            }

            Compact();
            if (end < kept.Length) end += connection.TakeData(kept.AsSpan(end));
            else if (!connection.IsAborted) Monitor.Wait(gate);
        }
    }

    /// <summary>Nothing more will come.</summary>
    /// <param name="why">What the user is told behind the last message; null for a good end.</param>
    public void End(Exception? why)
    {
        lock (gate)
        {
            if (over) return;
            (over, outcome) = (true, why);
        }
    }

    /// <summary>Nobody will ask any more: what comes is dropped.</summary>
    public void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The connection has been ended.</summary>
    public void Wake()
    {
        lock (gate) Monitor.PulseAll(gate);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => done.GetResult(token);

    void IValueTaskSource.GetResult(short token) => done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => done.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => done.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => done.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => done.OnCompleted(continuation, state, token, flags);

    private void Ask(Demand what)
    {
        done.Reset();
        demand = what;
    }

    /// <summary>True when the message that follows the current one is kept as a whole.</summary>
    private bool HoldsMessage()
    {
        var held = end - start - left;
        return held >= PrefixBytes && held - PrefixBytes >= MessageWire.Length(kept.AsSpan(start + (int)left));
    }

    private bool Next(bool receive)
    {
        Drop(receive);
        if (!Hold(PrefixBytes, receive)) return start == end && outcome is null ? false : throw outcome ?? Cut("the head of a message");
        var length = MessageWire.Check(kept.AsSpan(start, PrefixBytes));
        start += PrefixBytes;
        var head = Math.Min(length, TensorCodec.LongestHead);
        if (!Hold(head, receive)) throw outcome ?? Cut("a message");
        start += TensorCodec.ReadHead(Frame, kept.AsSpan(start, head), length);
        left = Frame.PayloadBytes;
        return true;
    }

    private void Take(NativeRows to, bool receive)
    {
        var cursor = new RowCursor(to);
        var held = (int)Math.Min(left, end - start);
        cursor.Fill(kept.AsSpan(start, held));
        start += held;
        left -= held;
        while (left > 0)
        {
            if (!receive || !connection.NextData()) throw outcome ?? Cut("a message");
            left -= connection.TakeData(ref cursor, left);
        }
    }

    /// <summary>Drops what was not taken of the last message.</summary>
    private void Drop(bool receive)
    {
        var held = (int)Math.Min(left, end - start);
        start += held;
        left -= held;
        while (left > 0)
        {
            if (!receive || !connection.NextData()) throw outcome ?? Cut("a message");
            left -= connection.DropData(left);
        }
    }

    /// <summary>Makes at least so many bytes lie among those kept.</summary>
    private bool Hold(int bytes, bool receive)
    {
        if (end - start >= bytes) return true;
        Compact();
        while (end - start < bytes)
        {
            if (!receive || !connection.NextData()) return false;
            end += connection.TakeData(kept.AsSpan(end, bytes - (end - start)));
        }

        return true;
    }

    private void Compact()
    {
        if (start == 0) return;
        kept.AsSpan(start, end - start).CopyTo(kept);
        (start, end) = (0, end - start);
    }

    private static RpcException Cut(string where) => new(new Status(StatusCode.Internal, $"The stream ended inside {where}."));
}

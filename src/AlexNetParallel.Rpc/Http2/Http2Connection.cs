using System.Buffers.Binary;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>
/// A connection that carries one stream at a time (RFC 9113), for tensors: what arrives goes into its place, what leaves comes out of its place. One thread of its own receives;
/// it answers pings and the like whatever the stream's users do. Subclasses are the two ends.
/// </summary>
internal abstract partial class Http2Connection
{
    /// <summary>A window is filled up again when it has come down to this.</summary>
    private const int LowWindow = 1 << 30;

    [ThreadStatic] private static Http2Connection? receivedHere;

    private readonly HpackDecoder headers = new();
    private FrameSource? source;
    private ByteTransport? transport;
    private KeepAlive? keepAlive;
    private long connectionWindow = Http2Protocol.LargestWindow;
    private long streamWindow;
    private int dataLeft;
    private int padding;
    private bool dataEnds;
    private bool greeted;
    private volatile bool aborted;
    private volatile bool failed;

    /// <summary>What may be sent.</summary>
    public SendWindow Window { get; } = new();

    /// <summary>The way out; null until the connection is up.</summary>
    public FrameSink? Sink { get; private set; }

    /// <summary>True on the thread that receives for this connection.</summary>
    public bool IsReceiver => receivedHere == this;

    /// <summary>True on any thread that receives: it must not wait for another connection.</summary>
    public static bool IsAnyReceiver => receivedHere is not null;

    /// <summary>True when this side ends the connection.</summary>
    public bool IsAborted => aborted;

    /// <summary>The number of the stream that is open, or was last; 0 before the first.</summary>
    public int Stream { get; private set; }

    /// <summary>The highest number of a stream that the other side may speak of.</summary>
    protected int LastStream { get; set; }

    /// <summary>What arrives on that stream; null when nobody wants it any more.</summary>
    protected abstract Inbox? Inbox { get; }

    /// <summary>True until the other side has ended its direction of the stream.</summary>
    public bool IsIncomingOpen { get; private set; }

    /// <summary>Ends the connection at once. May be called from any thread.</summary>
    public void Abort()
    {
        aborted = true;
        transport?.Abort();
        Window.EndAll();
        Inbox?.Wake();
    }

    /// <summary>Waits for data of the stream; false when there will be none, because the stream has ended or the connection broke. Only on the receiving thread.</summary>
    public bool NextData()
    {
        try
        {
            while (!failed && (dataLeft > 0 || IsIncomingOpen))
            {
                if (dataLeft > 0) return true;
                if (!ReadFrame()) Fail(Ended());
            }
        }
        catch (IOException e)
        {
            Fail(e);
        }

        return false;
    }

    /// <summary>Puts data into its place: at most so many bytes, and only after <see cref="NextData"/>. 0 if the connection broke.</summary>
    public long TakeData(ref RowCursor place, long bytes)
    {
        try
        {
            var taken = source!.Take(ref place, Math.Min(bytes, dataLeft));
            Taken((int)taken);
            return taken;
        }
        catch (IOException e)
        {
            Fail(e);
            return 0;
        }
    }

    /// <summary>The same into an array.</summary>
    public int TakeData(Span<byte> to)
    {
        try
        {
            if (!source!.Ensure(1)) throw Ended();
            var part = Math.Min(Math.Min(to.Length, dataLeft), source.Buffered.Length);
            source.Buffered[..part].CopyTo(to);
            source.Advance(part);
            Taken(part);
            return part;
        }
        catch (IOException e)
        {
            Fail(e);
            return 0;
        }
    }

    /// <summary>Drops data.</summary>
    public long DropData(long bytes)
    {
        try
        {
            var part = (int)Math.Min(bytes, dataLeft);
            source!.Skip(part);
            Taken(part);
            return part;
        }
        catch (IOException e)
        {
            Fail(e);
            return 0;
        }
    }

    /// <summary>Makes the stream's buffers ready for data that has come already, without waiting for the other side for long: it has told of it.</summary>
    public bool AwaitData()
    {
        try
        {
            return source!.Ensure(1) ? true : throw Ended();
        }
        catch (IOException e)
        {
            Fail(e);
            return false;
        }
    }

    /// <summary>Receives until the connection ends. Never throws.</summary>
    protected void Receive(ByteTransport over, TimeSpan keepAliveDelay, TimeSpan keepAliveTimeout)
    {
        receivedHere = this;
        transport = over;
        source = new FrameSource(over);
        Sink = new FrameSink(over);
        try
        {
            if (aborted) throw new IOException("the connection was given up");
            Greet();
            keepAlive = new KeepAlive(source, Sink, this, keepAliveDelay, keepAliveTimeout);
            while (!failed && !IsDone)
            {
                var inbox = Inbox;
                if (inbox is not null && inbox.Serve()) continue;
                if (dataLeft > 0)
                {
                    if (inbox is null) DropData(dataLeft);
                    else inbox.Store();
                }
                else if (!ReadFrame())
                {
                    break;
                }
            }

            Fail(Ended());
        }
        catch (IOException e)
        {
            Fail(e);
        }
        finally
        {
            keepAlive?.Dispose();
            Inbox?.Serve();
            over.Abort();
            Sink.Close();
            over.Dispose();
            receivedHere = null;
        }
    }

    /// <summary>True when nothing more is wanted of the connection.</summary>
    protected virtual bool IsDone => false;

    /// <summary>The source, for what comes before the frames.</summary>
    protected FrameSource Source => source!;

    /// <summary>Sends, and receives, what opens the connection.</summary>
    protected abstract void Greet();

    /// <summary>Header fields have come.</summary>
    protected abstract void OnHeaders(int stream, HeaderList fields, bool ends);

    /// <summary>The other side has ended the stream with an error.</summary>
    protected abstract void OnReset(Http2Error error);

    /// <summary>The other side takes no more streams after this one.</summary>
    protected virtual void OnGoAway(int lastStream, Http2Error error)
    {
    }

    /// <summary>The connection is over; called once.</summary>
    protected abstract void OnFailed(Exception why);

    /// <summary>A stream begins: the other side's direction is open.</summary>
    protected void Begin(int stream, bool ends)
    {
        Stream = LastStream = stream;
        streamWindow = Http2Protocol.LargestWindow;
        IsIncomingOpen = !ends;
    }

    /// <summary>What it means when the other side ends its direction with DATA: null for a good end.</summary>
    protected virtual Exception? EndWithoutTrailers => null;

    /// <summary>The other side has ended its direction.</summary>
    protected void EndIncoming(Exception? outcome)
    {
        IsIncomingOpen = false;
        Inbox?.End(outcome);
    }

    /// <summary>Marks the connection as broken; the first reason counts.</summary>
    private void Fail(Exception why)
    {
        if (failed) return;
        failed = true;
        IsIncomingOpen = false;
        dataLeft = 0;
        if (why is Http2Exception { Error: var error })
        {
            Span<byte> payload = stackalloc byte[8];
            BinaryPrimitives.WriteInt32BigEndian(payload, LastStream);
            BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)error);
            Sink!.Farewell(payload);
        }

        Window.EndAll();
        OnFailed(why);
        transport!.Abort();
    }

    private IOException Ended() => new(keepAlive?.HasGivenUp == true ? "no answer to a ping" : aborted ? "the connection was given up" : "the connection was closed");

    private void Taken(int bytes)
    {
        dataLeft -= bytes;
        if (dataLeft > 0) return;
        EndOfData();
    }

    private void EndOfData()
    {
        source!.Skip(padding);
        padding = 0;
        if (dataEnds) EndIncoming(EndWithoutTrailers);
        dataEnds = false;
    }
}

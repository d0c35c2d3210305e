using System.Buffers.Binary;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>
/// The outgoing side of a connection. Long frames are sent by whoever has them, and wait. Short ones (answers to pings, windows, resets) are only left here by the thread that
/// receives: it must not wait for the other side to receive, or both could wait for each other for ever. They go as soon as the line is free.
/// </summary>
internal sealed unsafe class FrameSink(ByteTransport transport) : IThreadPoolWorkItem
{
    /// <summary>Short frames that wait at most: whoever lets so many answers pile up does not read them.</summary>
    private const int MostWaiting = 64 * 1024;

    // Monitors, not Locks: the first contention of a Lock allocates.
    private readonly object line = new();
    private readonly object gate = new();
    private readonly byte[] waiting = GC.AllocateUninitializedArray<byte>(MostWaiting, pinned: true);
    private readonly byte[] leaving = GC.AllocateUninitializedArray<byte>(MostWaiting, pinned: true);
    private int waitingBytes;
    private int leavingAt;
    private int leavingBytes;
    private int offloaded;
    private bool closed;

    /// <summary>Writes a frame's head.</summary>
    public static void WriteHead(Span<byte> to, int length, FrameType type, FrameFlags flags, int stream)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to, (uint)length << 8 | (byte)type);
        to[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(to[5..], stream);
    }

    /// <summary>Sends frames and waits until they have left.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Send(Piece* pieces, int count)
    {
        lock (line)
        {
            if (closed) throw new IOException("the connection was closed");
            Drain(wait: true);
            transport.Send(pieces, count, wait: true);
        }

        DrainIfFree();
    }

    /// <summary>The same with a frame that lies in managed memory.</summary>
    public void Send(ReadOnlySpan<byte> frames)
    {
        fixed (byte* at = frames)
        {
            var piece = new Piece((nint)at, frames.Length);
            Send(&piece, 1);
        }
    }

    /// <summary>Leaves a short frame to be sent; never waits.</summary>
    /// <exception cref="Http2Exception">ENHANCE_YOUR_CALM: the other side makes us answer, and does not read the answers.</exception>
    public void Leave(FrameType type, FrameFlags flags, int stream, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            if (waitingBytes + Http2Protocol.FrameHead + payload.Length > MostWaiting) throw new Http2Exception(Http2Error.EnhanceYourCalm, "Too many frames to answer, whose answers nobody reads.");
            WriteHead(waiting.AsSpan(waitingBytes), payload.Length, type, flags, stream);
            payload.CopyTo(waiting.AsSpan(waitingBytes + Http2Protocol.FrameHead));
            waitingBytes += Http2Protocol.FrameHead + payload.Length;
        }

        DrainIfFree();
    }

    /// <summary>GOAWAY, the last frame: waits a moment for it to leave.</summary>
    public void Farewell(ReadOnlySpan<byte> payload)
    {
        try
        {
            Leave(FrameType.GoAway, FrameFlags.None, 0, payload);
        }
        catch (Http2Exception)
        {
            return; // there is no room for it
        }

        for (var tries = 0; tries < 20 && (Volatile.Read(ref waitingBytes) > 0 || Volatile.Read(ref leavingBytes) > 0); tries++) Thread.Sleep(10);
    }

    /// <summary>Nothing is sent any more; waits for whoever sends just now, whom the end of the transport calls back.</summary>
    public void Close()
    {
        lock (line) closed = true;
    }

    /// <summary>Leaves a frame of DATA, if there is room for it beside what must be answered; never waits. The memory may be changed afterwards.</summary>
    public bool TryLeave(int stream, ReadOnlySpan<byte> lead, RowCursor rows, int rowBytes)
    {
        lock (gate)
        {
            var bytes = lead.Length + rowBytes;
            if (waitingBytes + Http2Protocol.FrameHead + bytes > MostWaiting / 2) return false;
            WriteHead(waiting.AsSpan(waitingBytes), bytes, FrameType.Data, FrameFlags.None, stream);
            lead.CopyTo(waiting.AsSpan(waitingBytes + Http2Protocol.FrameHead));
            rows.Copy(waiting.AsSpan(waitingBytes + Http2Protocol.FrameHead + lead.Length, rowBytes));
            waitingBytes += Http2Protocol.FrameHead + bytes;
        }

        DrainIfFree();
        return true;
    }

    /// <summary>Leaves a short frame whose payload is a number.</summary>
    public void Leave(FrameType type, int stream, uint number)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, number);
        Leave(type, FrameFlags.None, stream, payload);
    }

    /// <summary>Waits for what could not go at once.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Volatile.Write(ref offloaded, 0);
            lock (line) Drain(wait: true);
        }
        catch (IOException)
        {
            return; // whoever receives finds that it broke
        }

        DrainIfFree(); // what was left between the last look and the line's release found the line taken
    }

    private void DrainIfFree()
    {
        while (!Volatile.Read(ref closed) && Volatile.Read(ref waitingBytes) > 0 && Monitor.TryEnter(line))
        {
            try
            {
                if (Drain(wait: false)) continue;
            }
            catch (IOException)
            {
                return; // whoever receives finds that it broke
            }
            finally
            {
                Monitor.Exit(line);
            }

            if (Interlocked.Exchange(ref offloaded, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
    }

    /// <summary>With the line taken: sends what waits; true when all of it is gone.</summary>
    private bool Drain(bool wait)
    {
        while (!closed)
        {
            if (leavingBytes == 0)
            {
                lock (gate)
                {
                    if (waitingBytes == 0) return true;
                    waiting.AsSpan(0, waitingBytes).CopyTo(leaving);
                    (leavingAt, leavingBytes) = (0, waitingBytes);
                    Volatile.Write(ref waitingBytes, 0);
                }
            }

            fixed (byte* at = leaving)
            {
                var piece = new Piece((nint)(at + leavingAt), leavingBytes);
                var sent = (int)transport.Send(&piece, 1, wait);
                leavingAt += sent;
                leavingBytes -= sent;
                if (leavingBytes > 0) return false;
            }
        }

        return true;
    }
}

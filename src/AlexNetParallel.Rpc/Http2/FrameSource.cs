using System.Buffers.Binary;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>The head of a frame.</summary>
internal readonly record struct FrameHead(int Length, FrameType Type, FrameFlags Flags, int Stream);

/// <summary>The incoming side of a connection, for the one thread that receives: small parts come out of a buffer, a payload goes from the transport straight to its place.</summary>
internal sealed unsafe class FrameSource(ByteTransport transport)
{
    private const int BufferBytes = 32 * 1024;

    /// <summary>What is received behind a payload with the same call: the next frame's head and a short message.</summary>
    private const int AheadBytes = 512;

    /// <summary>What one call waits for at most: a system call for each scrap that has come costs a fifth of the time; but the connection must be seen to live, on a slow line too.</summary>
    private const int TakenAtOnce = 256 * 1024;

    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly Piece[] pieces = GC.AllocateUninitializedArray<Piece>(ByteTransport.MostPieces, pinned: true);
    private int start;
    private int end;
    private long lastReceived = Environment.TickCount64;
    private volatile bool waiting;

    /// <summary>What has arrived and was not taken.</summary>
    public ReadOnlySpan<byte> Buffered => buffer.AsSpan(start, end - start);

    /// <summary>True while nothing but the other side holds this one up.</summary>
    public bool IsWaiting => waiting;

    /// <summary>When bytes came last (Environment.TickCount64).</summary>
    public long LastReceived => Volatile.Read(ref lastReceived);

    /// <summary>Marks bytes as taken.</summary>
    public void Advance(int count) => start += count;

    /// <summary>Makes at least so many bytes lie in <see cref="Buffered"/>; false when the connection ends before that.</summary>
    public bool Ensure(int count)
    {
        if (end - start >= count) return true;
        if (start == end) (start, end) = (0, 0);
        if (start + count > buffer.Length)
        {
            Buffered.CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        while (end - start < count)
        {
            fixed (byte* at = buffer)
            {
                var piece = new Piece((nint)(at + end), buffer.Length - end);
                var got = Receive(&piece, 1, all: false);
                if (got == 0) return false;
                end += (int)got;
            }
        }

        return true;
    }

    /// <summary>Takes a frame's head; false when the connection ends before it.</summary>
    public bool TryTakeHead(out FrameHead head)
    {
        head = default;
        if (!Ensure(Http2Protocol.FrameHead)) return start == end ? false : throw Cut();
        var bytes = Buffered;
        head = new FrameHead((int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8), (FrameType)bytes[3], (FrameFlags)bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);
        Advance(Http2Protocol.FrameHead);
        return true;
    }

    /// <summary>Shows a frame's whole payload, which is short; it stays until <see cref="Advance"/>.</summary>
    public ReadOnlySpan<byte> Payload(int length) => Ensure(length) ? Buffered[..length] : throw Cut();

    /// <summary>Puts some of the next bytes into their place: at least one, at most so many.</summary>
    public long Take(ref RowCursor place, long bytes)
    {
        if (start < end)
        {
            var part = (int)Math.Min(bytes, end - start);
            place.Fill(Buffered[..part]);
            Advance(part);
            return part;
        }

        fixed (Piece* list = pieces)
        fixed (byte* at = buffer)
        {
            var count = ByteTransport.MostPieces - 1;
            var listed = place.List(list, ref count, Math.Min(bytes, TakenAtOnce));
            var rest = listed == bytes;
            if (rest) list[count++] = new Piece((nint)at, AheadBytes);
            var got = Receive(list, count, all: !rest);
            if (got == 0) throw Cut();
            var taken = Math.Min(got, listed);
            place.Advance(taken);
            (start, end) = (0, (int)(got - taken));
            return taken;
        }
    }

    /// <summary>Drops bytes.</summary>
    public void Skip(long bytes)
    {
        while (bytes > 0)
        {
            if (!Ensure(1)) throw Cut();
            var part = (int)Math.Min(bytes, end - start);
            Advance(part);
            bytes -= part;
        }
    }

    private long Receive(Piece* list, int count, bool all)
    {
        waiting = true;
        try
        {
            return transport.Receive(list, count, all);
        }
        finally
        {
            waiting = false;
            Volatile.Write(ref lastReceived, Environment.TickCount64);
        }
    }

    private static IOException Cut() => new("The connection ended inside a frame.");
}

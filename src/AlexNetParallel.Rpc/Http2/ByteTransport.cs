using System.Runtime.InteropServices;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>A piece of memory, as the system knows it (struct iovec of readv(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Piece(nint address, nint bytes)
{
    public nint Address = address;
    public nint Bytes = bytes;

    /// <summary>Takes bytes that are done off the front of pieces.</summary>
    /// <returns>The first piece that is not done.</returns>
    public static unsafe int Skip(Piece* pieces, int first, long bytes)
    {
        while (bytes > 0)
        {
            var part = Math.Min(bytes, pieces[first].Bytes);
            pieces[first].Address += (nint)part;
            pieces[first].Bytes -= (nint)part;
            bytes -= part;
            if (pieces[first].Bytes == 0) first++;
        }

        return first;
    }
}

/// <summary>What carries the bytes of a connection. One thread receives and one sends at a time; they wait, with their threads. Nothing is allocated.</summary>
internal abstract unsafe class ByteTransport : IDisposable
{
    /// <summary>Most pieces of one call (IOV_MAX).</summary>
    public const int MostPieces = 1024;

    /// <summary>Waits for bytes and puts them into the pieces, in their order; gives their number, 0 at the end.</summary>
    /// <param name="pieces">Where they go.</param>
    /// <param name="count">How many pieces.</param>
    /// <param name="all">Better to wait until all pieces are full than to come back often; no promise.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public abstract long Receive(Piece* pieces, int count, bool all);

    /// <summary>Sends the pieces, which are changed.</summary>
    /// <param name="pieces">What to send.</param>
    /// <param name="count">How many.</param>
    /// <param name="wait">True: until all is sent. False: as far as it goes now, which may be not at all.</param>
    /// <returns>Number of bytes sent.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    public abstract long Send(Piece* pieces, int count, bool wait);

    /// <summary>Ends the connection: whoever waits in the other methods comes back. May be called from any thread.</summary>
    public abstract void Abort();

    /// <summary>Only when nobody is in the other methods.</summary>
    public abstract void Dispose();
}

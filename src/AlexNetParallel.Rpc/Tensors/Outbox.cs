using AlexNetParallel.Rpc.Http2;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>The messages that leave on a stream: heads out of a buffer, payloads as they lie, in frames as long as the other side takes them.</summary>
internal sealed unsafe class Outbox(Http2Connection connection, Func<Exception?, RpcException> over)
{
    /// <summary>A message of at most this size can be left behind, for the connection to send when it can.</summary>
    public const int ShortBytes = 16 * 1024;

    private const int HeadBytes = 64;
    private const int MostRows = ByteTransport.MostPieces - 2;

    private readonly byte[] head = GC.AllocateUninitializedArray<byte>(HeadBytes, pinned: true);
    private readonly byte[] message = GC.AllocateUninitializedArray<byte>(HeadBytes, pinned: true);
    private readonly Piece[] pieces = GC.AllocateUninitializedArray<Piece>(ByteTransport.MostPieces, pinned: true);

    /// <summary>Sends a short message without waiting for anything; gives its bytes besides the payload, 0 if it cannot be sent so.</summary>
    public int TrySend(TensorFrame frame)
    {
        if (frame.Source.Bytes > ShortBytes || connection.Sink is not { } sink) return 0;
        var lead = Lead(frame);
        var bytes = lead + (int)frame.Source.Bytes;
        if (!connection.Window.TryTake(bytes)) return 0;
        if (sink.TryLeave(connection.Stream, message.AsSpan(0, lead), new RowCursor(frame.Source), (int)frame.Source.Bytes)) return lead;
        connection.Window.PutBack(bytes);
        return 0;
    }

    /// <summary>Sends a message, and waits until it has left; gives its bytes besides the payload.</summary>
    /// <exception cref="RpcException">The stream is over.</exception>
    public int Send(TensorFrame frame)
    {
        var lead = Lead(frame);
        var (leadSent, left, cursor) = (0, frame.Source.Bytes, new RowCursor(frame.Source));
        fixed (Piece* list = pieces)
        fixed (byte* frameHead = head, leading = message)
        {
            while (leadSent < lead || left > 0)
            {
                var count = MostRows;
                var rows = cursor.List(list + 2, ref count, Math.Min(left, Http2Protocol.LongestData));
                var bytes = connection.Window.Take(lead - leadSent + rows);
                if (bytes == 0) throw over(null);
                var ofLead = Math.Min(bytes, lead - leadSent);
                if (bytes - ofLead < rows)
                {
                    count = MostRows;
                    rows = cursor.List(list + 2, ref count, bytes - ofLead);
                }

                FrameSink.WriteHead(head, bytes, FrameType.Data, FrameFlags.None, connection.Stream);
                list[0] = new Piece((nint)frameHead, Http2Protocol.FrameHead);
                list[1] = new Piece((nint)(leading + leadSent), ofLead);
                // A piece without bytes would end the list for whoever skips what is done.
                var from = ofLead > 0 ? 0 : 1;
                if (from == 1) list[1] = list[0];
                Put(list + from, 2 - from + count);
                leadSent += ofLead;
                left -= rows;
                cursor.Advance(rows);
            }
        }

        return lead;
    }

    /// <summary>Writes what stands before the payload.</summary>
    private int Lead(TensorFrame frame)
    {
        var headBytes = TensorCodec.WriteHead(frame, message.AsSpan(Inbox.PrefixBytes));
        MessageWire.Write(message, headBytes + frame.Source.Bytes);
        return Inbox.PrefixBytes + headBytes;
    }

    private void Put(Piece* list, int count)
    {
        try
        {
            connection.Sink!.Send(list, count);
        }
        catch (IOException e)
        {
            throw over(e);
        }
    }
}

namespace AlexNetParallel.Rpc.Http2;

/// <summary>Streams, such as those of TLS: pieces go through a buffer.</summary>
/// <param name="input">Where bytes come from; belongs to this.</param>
/// <param name="output">Where they go; belongs to this; may be the same, if it can be read and written at once.</param>
/// <param name="abort">Makes whoever waits in the streams come back.</param>
internal sealed unsafe class StreamTransport(Stream input, Stream output, Action abort) : ByteTransport
{
    private readonly byte[] outgoing = new byte[64 * 1024];

    /// <inheritdoc/>
    public override long Receive(Piece* pieces, int count, bool all)
    {
        try
        {
            return input.Read(new Span<byte>((void*)pieces->Address, (int)Math.Min(pieces->Bytes, 1 << 30)));
        }
        catch (Exception e) when (e is not IOException)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override long Send(Piece* pieces, int count, bool wait)
    {
        if (!wait) return 0; // a stream cannot be asked
        var (sent, filled) = (0L, 0);
        try
        {
            for (var i = 0; i < count;)
            {
                var part = (int)Math.Min(pieces[i].Bytes, outgoing.Length - filled);
                new ReadOnlySpan<byte>((void*)pieces[i].Address, part).CopyTo(outgoing.AsSpan(filled));
                filled += part;
                sent += part;
                i = Piece.Skip(pieces, i, part);
                if (filled < outgoing.Length && i < count) continue;
                output.Write(outgoing, 0, filled);
                filled = 0;
            }

            output.Flush();
            return sent;
        }
        catch (Exception e) when (e is not IOException)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Abort() => abort();

    /// <inheritdoc/>
    public override void Dispose()
    {
        input.Dispose();
        output.Dispose();
    }
}

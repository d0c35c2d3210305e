using AlexNetParallel.Rpc.Http2;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>A place in a box of native memory, which moves from its first byte to its last.</summary>
internal struct RowCursor(NativeRows box)
{
    private readonly NativeRows box = box.Joined();
    private int plane;
    private int row;
    private int column;

    /// <summary>Lists the next bytes, at most so many, in pieces.</summary>
    /// <param name="pieces">Where to.</param>
    /// <param name="count">How many pieces at most; gets how many there are.</param>
    /// <param name="bytes">How many bytes at most; the box has as many.</param>
    /// <returns>Bytes in the pieces.</returns>
    public readonly unsafe long List(Piece* pieces, ref int count, long bytes)
    {
        var (atPlane, atRow, atColumn, listed, used) = (plane, row, column, 0L, 0);
        while (listed < bytes && used < count)
        {
            var part = Math.Min(box.RowBytes - atColumn, bytes - listed);
            pieces[used++] = new Piece(box.Row(atPlane, atRow) + atColumn, (nint)part);
            listed += part;
            atColumn = 0;
            if (++atRow < box.Rows) continue;
            atRow = 0;
            atPlane++;
        }

        count = used;
        return listed;
    }

    /// <summary>Moves on.</summary>
    public void Advance(long bytes)
    {
        if (bytes == 0) return; // a box may be empty
        var rowsOn = (column + bytes) / box.RowBytes;
        column = (int)((column + bytes) % box.RowBytes);
        var rows = row + rowsOn;
        plane += (int)(rows / box.Rows);
        row = (int)(rows % box.Rows);
    }

    /// <summary>Copies the next bytes out, and moves on.</summary>
    public unsafe void Copy(Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            var part = Math.Min(box.RowBytes - column, to.Length);
            new ReadOnlySpan<byte>((void*)(box.Row(plane, row) + column), part).CopyTo(to);
            Advance(part);
            to = to[part..];
        }
    }

    /// <summary>Copies bytes in, and moves on.</summary>
    public unsafe void Fill(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = Math.Min(box.RowBytes - column, bytes.Length);
            bytes[..part].CopyTo(new Span<byte>((void*)(box.Row(plane, row) + column), part));
            Advance(part);
            bytes = bytes[part..];
        }
    }
}

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>A box of native memory: planes of rows of adjacent bytes. The memory must stay where it is, and live, while a message uses it.</summary>
/// <param name="Address">The first byte of the first row.</param>
/// <param name="Planes">Number of planes.</param>
/// <param name="Rows">Rows of a plane.</param>
/// <param name="RowBytes">Bytes of a row.</param>
/// <param name="PlaneStride">Bytes from a plane's first row to the next plane's.</param>
/// <param name="RowStride">Bytes from a row to the next.</param>
public readonly record struct NativeRows(nint Address, int Planes, int Rows, int RowBytes, long PlaneStride, long RowStride)
{
    /// <summary>Bytes in the box.</summary>
    public long Bytes => (long)Planes * Rows * RowBytes;

    /// <summary>A box without gaps.</summary>
    public static NativeRows Contiguous(nint address, int bytes) => new(address, 1, 1, bytes, bytes, bytes);

    /// <summary>The same box with rows that follow each other without a gap made into longer ones.</summary>
    internal NativeRows Joined()
    {
        var box = this;
        if (box.Rows > 1 && box.RowStride == box.RowBytes && (long)box.Rows * box.RowBytes <= int.MaxValue)
            box = box with { Rows = 1, RowBytes = box.Rows * box.RowBytes };
        if (box.Rows == 1 && box.Planes > 1 && box.PlaneStride == box.RowBytes && (long)box.Planes * box.RowBytes <= int.MaxValue)
            box = box with { Planes = 1, RowBytes = box.Planes * box.RowBytes };
        return box;
    }

    /// <summary>The address of a row.</summary>
    internal nint Row(int plane, int row) => (nint)(Address + (plane * PlaneStride) + (row * RowStride));
}

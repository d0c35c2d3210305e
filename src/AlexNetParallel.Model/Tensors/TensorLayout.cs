namespace AlexNetParallel.Model.Tensors;

/// <summary>Zero pixels stored round each map, so that a convolution's taps are one constant table of offsets.</summary>
public readonly record struct Border(int Top, int Left, int Bottom, int Right)
{
    /// <summary>No border.</summary>
    public static Border None => default;

    /// <summary>The same on all four sides.</summary>
    public static Border All(int pixels) => new(pixels, pixels, pixels, pixels);

    /// <summary>True when nothing is stored round the maps.</summary>
    public bool IsNone => this == default;
}

/// <summary>
/// Where the floats of a worker's local copy of a tensor lie: (case block, channel, y, x, 32 cases), 32 cases fastest, with a
/// stored border. The local copy may hold fewer channels and blocks than the whole tensor.
/// </summary>
/// <param name="Blocks">The case blocks (numbered in the whole batch) that are held.</param>
/// <param name="Channels">The channels (numbered in the whole tensor) that are held, in ascending order in memory.</param>
/// <param name="Height">Rows of a map, border not counted.</param>
/// <param name="Width">Pixels of a row, border not counted.</param>
/// <param name="Border">Zero pixels stored round each map.</param>
/// <param name="Shared">All blocks lie at the same place: a buffer that is used for one block after another (gradients).</param>
public sealed record TensorLayout(BlockRange Blocks, ChannelSet Channels, int Height, int Width, Border Border, bool Shared = false)
{
    /// <summary>Rows stored, border included.</summary>
    public int StoredHeight => Border.Top + Height + Border.Bottom;

    /// <summary>Pixels stored of a row, border included.</summary>
    public int StoredWidth => Border.Left + Width + Border.Right;

    /// <summary>Floats from a row to the next.</summary>
    public int RowStride => StoredWidth * CaseBlock.Cases;

    /// <summary>Floats from a channel to the next one held.</summary>
    public int ChannelStride => StoredHeight * RowStride;

    /// <summary>Floats from a block to the next; 0 when <see cref="Shared"/>.</summary>
    public long BlockStride => Shared ? 0 : BlockSize;

    /// <summary>Floats of one block.</summary>
    public long BlockSize => (long)Channels.Channels * ChannelStride;

    /// <summary>Floats of the whole local copy.</summary>
    public long Size => Shared ? (Blocks.IsEmpty ? 0 : BlockSize) : Blocks.Count * BlockSize;

    /// <summary>Offset in floats of (block, channel, pixel 0,0 inside the border, case 0).</summary>
    public long Offset(int block, int channel) =>
        (block - Blocks.First) * BlockStride + (long)Channels.IndexOf(channel) * ChannelStride + Border.Top * RowStride + Border.Left * CaseBlock.Cases;

    /// <summary>The pixels of some channels of one block, border left out, as rows to copy.</summary>
    /// <param name="block">Block in the numbering of the whole batch.</param>
    /// <param name="channels">Channels that lie next to each other here (within one range of <see cref="Channels"/>).</param>
    public StridedBox Box(int block, ChannelRange channels)
    {
        var offset = Offset(block, channels.First);
        var row = Width * CaseBlock.Cases;
        return Border.IsNone
            ? new StridedBox(offset, 1, 1, channels.Count * Height * row, 0, 0)
            : new StridedBox(offset, channels.Count, Height, row, ChannelStride, RowStride);
    }
}

/// <summary>
/// Rows of floats at regular distances: what is copied, sent or received as a piece. In order: planes, rows of a plane, floats of a row.
/// </summary>
/// <param name="Offset">Floats from the tensor's start to the first row.</param>
/// <param name="Planes">Number of planes.</param>
/// <param name="Rows">Rows of a plane.</param>
/// <param name="RowLength">Floats of a row.</param>
/// <param name="PlaneStride">Floats from a plane's first row to the next plane's.</param>
/// <param name="RowStride">Floats from a row to the next.</param>
public readonly record struct StridedBox(long Offset, int Planes, int Rows, int RowLength, long PlaneStride, long RowStride)
{
    /// <summary>Floats in the box.</summary>
    public long Length => (long)Planes * Rows * RowLength;

    /// <summary>Bytes in the box: the payload that an exchange counts.</summary>
    public long Bytes => Length * sizeof(float);

    /// <summary>True when all rows follow each other without a gap.</summary>
    public bool IsContiguous => (Rows == 1 || RowStride == RowLength) && (Planes == 1 || PlaneStride == (long)Rows * RowLength);
}

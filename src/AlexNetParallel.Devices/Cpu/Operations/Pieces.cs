using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>How an operation that works element by element is cut into items: runs of channels of one block, some 64 KiB each.</summary>
internal readonly struct Pieces
{
    private const int FloatsOfItem = 16384;
    private readonly int channels;
    private readonly int channelsOfItem;
    private readonly int itemsOfBlock;

    public Pieces(int channels, int height, int width, BlockRange blocks)
    {
        Blocks = blocks;
        this.channels = channels;
        channelsOfItem = Math.Clamp(FloatsOfItem / (height * width * CaseBlock.Cases), 1, channels);
        itemsOfBlock = (channels + channelsOfItem - 1) / channelsOfItem;
        Height = height;
        Width = width;
    }

    /// <summary>The blocks that are worked on.</summary>
    public BlockRange Blocks { get; }

    /// <summary>Rows of a map.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Number of items.</summary>
    public int Items => Blocks.Count * itemsOfBlock;

    /// <summary>The same, with planes whose rows follow each other as one row each.</summary>
    public Pieces Dense(bool dense) => dense ? new Pieces(channels, 1, Height * Width, Blocks) : this;

    /// <summary>Block and channels of an item.</summary>
    public (int Block, int First, int End) Item(int item)
    {
        var first = item % itemsOfBlock * channelsOfItem;
        return (Blocks.First + item / itemsOfBlock, first, Math.Min(channels, first + channelsOfItem));
    }
}

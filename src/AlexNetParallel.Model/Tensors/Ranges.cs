namespace AlexNetParallel.Model.Tensors;

/// <summary>Constants of the memory layout (docs/architecture.md, "Layout in memory").</summary>
public static class CaseBlock
{
    /// <summary>Cases (images) that lie side by side in memory: one warp, two zmm registers.</summary>
    public const int Cases = 32;

    /// <summary>Number of blocks that hold <paramref name="cases"/> cases; the last one is padded with zero cases.</summary>
    public static int Count(int cases) => (cases + Cases - 1) / Cases;
}

/// <summary>A run of case blocks [First, First + Count).</summary>
public readonly record struct BlockRange(int First, int Count)
{
    /// <summary>One past the last block.</summary>
    public int End => First + Count;

    /// <summary>True when no block is in the range.</summary>
    public bool IsEmpty => Count <= 0;

    /// <summary>The blocks that both ranges hold.</summary>
    public BlockRange Intersect(BlockRange other)
    {
        var first = Math.Max(First, other.First);
        return new BlockRange(first, Math.Max(0, Math.Min(End, other.End) - first));
    }

    /// <summary>The smallest range that holds both.</summary>
    public BlockRange Hull(BlockRange other)
    {
        if (IsEmpty) return other;
        if (other.IsEmpty) return this;
        var first = Math.Min(First, other.First);
        return new BlockRange(first, Math.Max(End, other.End) - first);
    }

    /// <inheritdoc/>
    public override string ToString() => $"blocks [{First},{End})";
}

/// <summary>A run of channels (kernel maps, or units of a fully connected layer) [First, First + Count).</summary>
public readonly record struct ChannelRange(int First, int Count)
{
    /// <summary>One past the last channel.</summary>
    public int End => First + Count;

    /// <summary>True when no channel is in the range.</summary>
    public bool IsEmpty => Count <= 0;

    /// <summary>True when every channel of <paramref name="other"/> is in this range.</summary>
    public bool Contains(ChannelRange other) => other.First >= First && other.End <= End;

    /// <summary>The channels that both ranges hold.</summary>
    public ChannelRange Intersect(ChannelRange other)
    {
        var first = Math.Max(First, other.First);
        return new ChannelRange(first, Math.Max(0, Math.Min(End, other.End) - first));
    }

    /// <inheritdoc/>
    public override string ToString() => $"channels [{First},{End})";
}

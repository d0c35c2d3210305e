using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices;

/// <summary>
/// Some channels of a tensor in a buffer: what one tower's piece of a layer reads or writes. The operations number the view's
/// channels 0 .. Channels-1 in ascending order; where they lie in memory may have gaps (a tower that reads three of four).
/// </summary>
public sealed class TensorView
{
    private readonly long[] channelOffsets;

    /// <param name="buffer">Where the tensor lies.</param>
    /// <param name="layout">How it lies there, from the buffer's first float on.</param>
    /// <param name="channels">The channels seen, all of them held by <paramref name="layout"/>.</param>
    public TensorView(DeviceBuffer buffer, TensorLayout layout, ChannelSet channels)
    {
        if (layout.Size > buffer.Length)
            throw new ArgumentException($"the layout needs {layout.Size} floats, the buffer has {buffer.Length}", nameof(buffer));
        Buffer = buffer;
        Layout = layout;
        channelOffsets = [.. channels.Each().Select(c => (long)layout.Channels.IndexOf(c) * layout.ChannelStride)];
        IsContiguous = channelOffsets.Select((o, i) => o == channelOffsets[0] + (long)i * layout.ChannelStride).All(x => x);
    }

    /// <summary>All channels of the layout.</summary>
    public TensorView(DeviceBuffer buffer, TensorLayout layout) : this(buffer, layout, layout.Channels) { }

    /// <summary>Where the tensor lies.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>How it lies there.</summary>
    public TensorLayout Layout { get; }

    /// <summary>Channels seen.</summary>
    public int Channels => channelOffsets.Length;

    /// <summary>True when the channels seen follow each other without a gap.</summary>
    public bool IsContiguous { get; }

    /// <summary>Floats from a block's start to a seen channel's stored plane (its border included).</summary>
    public long ChannelOffset(int channel) => channelOffsets[channel];

    /// <summary>Floats from the buffer's start to (block, first seen channel, pixel 0,0 inside the border, case 0).</summary>
    public long Origin(int block) => (block - Layout.Blocks.First) * Layout.BlockStride + channelOffsets[0]
        + Layout.Border.Top * Layout.RowStride + Layout.Border.Left * CaseBlock.Cases;
}

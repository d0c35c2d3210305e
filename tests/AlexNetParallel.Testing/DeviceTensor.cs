using AlexNetParallel.Devices;
using AlexNetParallel.Model.Tensors;
using Xunit.Sdk;

namespace AlexNetParallel.Testing;

/// <summary>How a test's tensor lies in memory.</summary>
/// <param name="Border">Zero pixels round each map.</param>
/// <param name="Gap">Channels of somebody else in the middle of the tensor's: its view has a gap.</param>
public readonly record struct Placement(Border Border, int Gap = 0)
{
    /// <summary>Neither border nor gap.</summary>
    public static Placement Plain => default;

    /// <summary>A different border on each side, and three foreign channels in the middle.</summary>
    public static Placement Scattered => new(new Border(1, 2, 3, 1), 3);
}

/// <summary>
/// A tensor on a device, as tests use it: written from and read to [n, c, y, x]. Foreign channels hold a marker, and
/// <see cref="Read"/> checks that neither they nor the border were touched.
/// </summary>
public sealed class DeviceTensor : IDisposable
{
    private const float Marker = 8191.25f;
    private readonly ChannelSet seen;
    private readonly int cases;

    private DeviceTensor(IDevice device, int cases, int channels, int height, int width, Placement placement, BlockRange? blocks)
    {
        this.cases = cases;
        var half = channels / 2;
        seen = placement.Gap == 0
            ? new ChannelSet(new ChannelRange(0, channels))
            : new ChannelSet([new ChannelRange(0, half), new ChannelRange(half + placement.Gap, channels - half)]);
        Layout = new TensorLayout(blocks ?? new BlockRange(0, CaseBlock.Count(cases)), new ChannelSet(new ChannelRange(0, channels + placement.Gap)),
            height, width, placement.Border);
        Buffer = device.Allocate(Layout.Size);
        View = new TensorView(Buffer, Layout, seen);
        Mark();
    }

    /// <summary>Where the floats lie.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>How they lie.</summary>
    public TensorLayout Layout { get; }

    /// <summary>What operations are given.</summary>
    public TensorView View { get; }

    /// <summary>All blocks held.</summary>
    public BlockRange Blocks => Layout.Blocks;

    /// <summary>A copy of a tensor on the device.</summary>
    /// <param name="device">Where.</param>
    /// <param name="tensor">What.</param>
    /// <param name="placement">How it lies there.</param>
    /// <param name="blocks">Only these blocks of it; null for all.</param>
    public static DeviceTensor From(IDevice device, HostTensor tensor, Placement placement = default, BlockRange? blocks = null)
    {
        var result = new DeviceTensor(device, tensor.Cases, tensor.Channels, tensor.Height, tensor.Width, placement, blocks);
        var floats = result.Floats();
        Blocked.Write(tensor, result.Layout, result.seen, floats);
        result.Buffer.Write(floats);
        return result;
    }

    /// <summary>
    /// A tensor for results: every pixel holds not-a-number, so that one which an operation forgets to write is noticed. Padding cases included.
    /// </summary>
    public static DeviceTensor Blank(IDevice device, int cases, int channels, int height, int width, Placement placement = default, BlockRange? blocks = null)
    {
        var result = new DeviceTensor(device, cases, channels, height, width, placement, blocks);
        var floats = result.Floats();
        var inside = Blocked.Inside(result.Layout, result.seen);
        for (var i = 0; i < floats.Length; i++)
            if (inside[i]) floats[i] = float.NaN;
        result.Buffer.Write(floats);
        return result;
    }

    /// <summary>All floats of the buffer.</summary>
    public float[] Floats()
    {
        var floats = new float[Layout.Size];
        Buffer.Read(floats);
        return floats;
    }

    /// <summary>The cases held, without padding; fails if the border or a foreign channel was written.</summary>
    public HostTensor Read()
    {
        var floats = Floats();
        var inside = Blocked.Inside(Layout, seen);
        var held = Blocked.Inside(Layout, Layout.Channels);
        for (var i = 0; i < floats.Length; i++)
        {
            if (inside[i] || floats[i] == (held[i] ? Marker : 0)) continue;
            throw new XunitException(held[i]
                ? $"float {i} belongs to another tower's channel and was overwritten with {floats[i]}"
                : $"float {i} belongs to the border and was overwritten with {floats[i]}");
        }
        return Blocked.Read(floats, Layout, seen, Math.Min(cases - Blocks.First * CaseBlock.Cases, Blocks.Count * CaseBlock.Cases));
    }

    /// <inheritdoc/>
    public void Dispose() => Buffer.Dispose();

    private void Mark()
    {
        if (seen.Channels == Layout.Channels.Channels) return;
        var floats = new float[Layout.Size];
        var foreign = Blocked.Inside(Layout, Layout.Channels.Except(seen));
        for (var i = 0; i < floats.Length; i++)
            if (foreign[i]) floats[i] = Marker;
        Buffer.Write(floats);
    }
}

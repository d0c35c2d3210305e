using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Testing;

/// <summary>Copies between [n, c, y, x] and the blocked layout (block, channel, y, x, 32 cases) with its stored border.</summary>
public static class Blocked
{
    /// <summary>
    /// Puts the tensor's channels, in order, at <paramref name="channels"/> of a copy in memory; cases beyond the tensor's are 0. Everything else is left as it is.
    /// </summary>
    /// <param name="tensor">Case 0 is case 0 of the whole batch.</param>
    /// <param name="layout">Where the floats lie; the blocks held may be fewer than the tensor has.</param>
    /// <param name="channels">As many as the tensor has, all held by <paramref name="layout"/>.</param>
    /// <param name="floats">The copy in memory, <see cref="TensorLayout.Size"/> floats.</param>
    public static void Write(HostTensor tensor, TensorLayout layout, ChannelSet channels, Span<float> floats)
    {
        if ((tensor.Channels, tensor.Height, tensor.Width) != (channels.Channels, layout.Height, layout.Width))
            throw new ArgumentException($"{tensor.Channels}×{tensor.Height}×{tensor.Width} does not fit {channels.Channels}×{layout.Height}×{layout.Width}");
        foreach (var (c, n, y, x, offset) in Elements(layout, channels))
            floats[(int)offset] = n < tensor.Cases ? (float)tensor[n, c, y, x] : 0;
    }

    /// <summary>Reads the first <paramref name="cases"/> cases that the layout holds, of some channels.</summary>
    public static HostTensor Read(ReadOnlySpan<float> floats, TensorLayout layout, ChannelSet channels, int cases)
    {
        var tensor = new HostTensor(cases, channels.Channels, layout.Height, layout.Width);
        var first = layout.Blocks.First * CaseBlock.Cases;
        foreach (var (c, n, y, x, offset) in Elements(layout, channels))
            if (n - first < cases) tensor[n - first, c, y, x] = floats[(int)offset];
        return tensor;
    }

    /// <summary>True for each float of the copy that is a pixel of one of the channels, false for borders and other channels.</summary>
    public static bool[] Inside(TensorLayout layout, ChannelSet channels)
    {
        var inside = new bool[layout.Size];
        foreach (var element in Elements(layout, channels)) inside[element.Offset] = true;
        return inside;
    }

    /// <summary>All (number of the channel among those given, case in the whole batch, row, pixel, offset in floats).</summary>
    private static IEnumerable<(int C, int N, int Y, int X, long Offset)> Elements(TensorLayout layout, ChannelSet channels)
    {
        for (var block = layout.Blocks.First; block < layout.Blocks.End; block++)
        {
            var c = 0;
            foreach (var channel in channels.Each())
            {
                var start = layout.Offset(block, channel);
                for (var y = 0; y < layout.Height; y++)
                    for (var x = 0; x < layout.Width; x++)
                        for (var lane = 0; lane < CaseBlock.Cases; lane++)
                            yield return (c, block * CaseBlock.Cases + lane, y, x, start + y * layout.RowStride + x * CaseBlock.Cases + lane);
                c++;
            }
        }
    }
}

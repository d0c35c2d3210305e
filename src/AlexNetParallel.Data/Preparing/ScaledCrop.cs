using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Preparing;

/// <summary>
/// Cuts a window out of an image that is resized to another side, and computes no more than the window: for training images whose size is drawn anew each time. The filter is
/// <see cref="Resizer"/>'s. Not thread-safe.
/// </summary>
internal sealed unsafe class ScaledCrop : IDisposable
{
    private readonly Taps rows = new(), columns = new();
    private float* line;
    private int lineLength;

    /// <summary>Writes the window's planes.</summary>
    /// <param name="planes">The image: three planes of kept · kept bytes.</param>
    /// <param name="kept">Its side.</param>
    /// <param name="side">The side that it is to have.</param>
    /// <param name="top">First row of the window in the resized image.</param>
    /// <param name="left">First column.</param>
    /// <param name="height">Rows of the window.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="window">Three planes of height · width bytes.</param>
    public void Cut(byte* planes, int kept, int side, int top, int left, int height, int width, byte* window)
    {
        rows.Prepare(kept, kept, side, top, height);
        columns.Prepare(kept, kept, side, left, width);
        var (first, end) = columns.Reach;
        Grow(end - first);
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = planes + (long)channel * kept * kept;
            for (var y = 0; y < height; y++)
            {
                Vertical(plane + (long)rows.First(y) * kept + first, kept, rows.Weights(y), end - first);
                var to = window + ((long)channel * height + y) * width;
                for (var x = 0; x < width; x++)
                {
                    var sum = 0f;
                    var from = line + columns.First(x) - first;
                    foreach (var weight in columns.Weights(x)) sum += *from++ * weight;
                    to[x] = (byte)(Math.Clamp(sum, 0, 255) + 0.5f);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(line);
        line = null;
        lineLength = 0;
        GC.SuppressFinalize(this);
    }

    ~ScaledCrop() => NativeMemory.Free(line);

    // Plain loops over neighbouring numbers: each float is a sum in the order of the taps, whatever the machine's vectors are.
    private void Vertical(byte* from, int stride, ReadOnlySpan<float> weights, int count)
    {
        new Span<float>(line, count).Clear();
        foreach (var weight in weights)
        {
            for (var i = 0; i < count; i++) line[i] += from[i] * weight;
            from += stride;
        }
    }

    private void Grow(int floats)
    {
        if (floats <= lineLength) return;
        NativeMemory.Free(line);
        line = (float*)NativeMemory.Alloc((nuint)floats, sizeof(float));
        lineLength = floats;
    }
}

using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Decoding;

/// <summary>
/// A decoded picture: rows of R, G, B bytes without gaps, in memory that is used again for the next one. Not thread-safe.
/// </summary>
public sealed unsafe class Picture : IDisposable
{
    private const int Slack = 64;
    private long capacity;

    /// <summary>Pixels of a row.</summary>
    public int Width { get; private set; }

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>First byte; 3 · Width · Height bytes, and 64 more that may be read and mean nothing.</summary>
    public byte* Pixels { get; private set; }

    /// <summary>The pixels, (y, x, R G B).</summary>
    public ReadOnlySpan<byte> Bytes => new(Pixels, 3 * Width * Height);

    /// <summary>Sets the size; the pixels are then anything.</summary>
    internal byte* Resize(int width, int height)
    {
        var needed = 3L * width * height + Slack;
        if (needed > capacity)
        {
            Pixels = (byte*)NativeMemory.Realloc(Pixels, (nuint)needed);
            capacity = needed;
        }
        (Width, Height) = (width, height);
        return Pixels;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Pixels);
        Pixels = null;
        (capacity, Width, Height) = (0, 0, 0);
        GC.SuppressFinalize(this);
    }

    ~Picture() => NativeMemory.Free(Pixels);
}

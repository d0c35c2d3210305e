using System.Runtime.InteropServices;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Storing;

/// <summary>The decoded, resized images of a data set, all of one size: planes R, G, B of bytes.</summary>
internal unsafe interface IImageStore : IDisposable
{
    /// <summary>Rows of an image.</summary>
    int Height { get; }

    /// <summary>Pixels of a row.</summary>
    int Width { get; }

    /// <summary>Images of a split.</summary>
    int Count(Split split);

    /// <summary>Class of an image.</summary>
    int Label(Split split, int image);

    /// <summary>Tells where some images lie, having decoded them if need be. Thread-safe for different <paramref name="room"/>.</summary>
    /// <param name="split">Which split.</param>
    /// <param name="images">Numbers within the split.</param>
    /// <param name="planes">Filled with the first byte of each; valid until <paramref name="room"/> is used again.</param>
    /// <param name="room">Memory for what is decoded.</param>
    void Fetch(Split split, ReadOnlySpan<int> images, Span<nint> planes, ImageRoom room);
}

/// <summary>Memory for images side by side, with a few bytes before the first and behind the last that may be read.</summary>
internal sealed unsafe class ImageRoom : IDisposable
{
    private const int Slack = 64;
    private byte* memory;
    private long capacity;

    /// <summary>Memory for <paramref name="bytes"/>; what was there is lost.</summary>
    public byte* Take(long bytes)
    {
        if (memory == null || bytes > capacity)
        {
            NativeMemory.AlignedFree(memory);
            memory = null;
            memory = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + 2 * Slack), Slack);
            capacity = bytes;
        }
        return memory + Slack;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        GC.SuppressFinalize(this);
    }

    ~ImageRoom() => NativeMemory.AlignedFree(memory);
}

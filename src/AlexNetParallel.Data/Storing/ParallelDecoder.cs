using System.Collections.Concurrent;
using AlexNetParallel.Data.Decoding;

namespace AlexNetParallel.Data.Storing;

/// <summary>Decodes images of one size on some threads; what a thread needs for it is kept from call to call.</summary>
/// <param name="threads">That decode.</param>
/// <param name="resize">As of <see cref="ImagePreparer"/>.</param>
internal sealed unsafe class ParallelDecoder(int threads, int? resize) : IDisposable
{
    private readonly ConcurrentBag<ImagePreparer> preparers = [];

    /// <summary>Decodes one image.</summary>
    /// <param name="image">Its number.</param>
    /// <param name="preparer">On loan.</param>
    /// <param name="planes">Where its planes go.</param>
    public delegate void Decode(int image, ImagePreparer preparer, byte* planes);

    /// <summary>Fills a room with images, one behind the other.</summary>
    /// <param name="images">Their numbers.</param>
    /// <param name="planes">Gets the address of each.</param>
    /// <param name="room">Where they go.</param>
    /// <param name="size">Bytes of one.</param>
    /// <param name="decode">Called by several threads at once.</param>
    public void Fetch(ReadOnlySpan<int> images, Span<nint> planes, ImageRoom room, long size, Decode decode)
    {
        var memory = (nint)room.Take(images.Length * size);
        var wanted = images.ToArray();
        ParallelWork.For(wanted.Length, threads, () => new Lease(this), (i, lease) => decode(wanted[i], lease.Preparer, (byte*)(memory + (nint)(i * size))));
        for (var i = 0; i < planes.Length; i++) planes[i] = memory + (nint)(i * size);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (preparers.TryTake(out var preparer)) preparer.Dispose();
    }

    private ImagePreparer Take() => preparers.TryTake(out var free) ? free : new ImagePreparer(resize);

    /// <summary>A preparer on loan to one thread.</summary>
    private sealed class Lease(ParallelDecoder owner) : IDisposable
    {
        public ImagePreparer Preparer { get; } = owner.Take();

        public void Dispose() => owner.preparers.Add(Preparer);
    }
}

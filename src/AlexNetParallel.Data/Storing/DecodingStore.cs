using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Storing;

/// <summary>
/// Decodes images when they are asked for: sets too large for memory. The place of a file that cannot be decoded is taken by the next of its class that can be,
/// so that labels and numbers of images are known without decoding, and every reader sees the same.
/// </summary>
internal sealed unsafe class DecodingStore(ImageFiles files, int height, int width, int? resize, int threads, SkippedFiles skipped) : IImageStore
{
    private readonly ParallelDecoder decoder = new(threads, resize);

    /// <inheritdoc/>
    public int Height => height;

    /// <inheritdoc/>
    public int Width => width;

    /// <inheritdoc/>
    public int Count(Split split) => files[split].Length;

    /// <inheritdoc/>
    public int Label(Split split, int image) => files[split][image].Label;

    /// <inheritdoc/>
    public void Fetch(Split split, ReadOnlySpan<int> images, Span<nint> planes, ImageRoom room) =>
        decoder.Fetch(images, planes, room, 3L * height * width, (image, preparer, to) => Decode(split, image, preparer, to));

    /// <inheritdoc/>
    public void Dispose()
    {
        decoder.Dispose();
        files.Dispose();
    }

    private void Decode(Split split, int image, ImagePreparer preparer, byte* planes)
    {
        var all = files[split];
        var label = all[image].Label;
        var next = image;
        do
        {
            try
            {
                preparer.Prepare(all[next], height, width, planes);
                skipped.Warn(all[next].Name, preparer.Warning);
                return;
            }
            catch (UndecodableException e)
            {
                skipped.Add(all[next].Name, e.Message);
            }
            next = NextOfClass(all, next, label);
        }
        while (next != image);
        throw new DataSetException($"no file like {all[image].Name} can be decoded: every one of its class is broken");
    }

    private static int NextOfClass(ImageFile[] all, int image, int label)
    {
        if (image + 1 < all.Length && all[image + 1].Label == label) return image + 1;
        while (image > 0 && all[image - 1].Label == label) image--;
        return image;
    }
}

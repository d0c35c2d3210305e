using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data;

/// <summary>Single images, of the set and from elsewhere, for looking at what a network makes of them.</summary>
internal sealed unsafe partial class ImageBatchSource
{
    /// <inheritdoc/>
    public (int Height, int Width) Size => (store.Height, store.Width);

    /// <inheritdoc/>
    public int Label(Split split, int image) => store.Label(split, image);

    /// <inheritdoc/>
    public byte[] Pixels(Split split, int image)
    {
        using var room = new ImageRoom();
        Span<nint> planes = stackalloc nint[1];
        store.Fetch(split, [image], planes, room);
        return Interleaved((byte*)planes[0]);
    }

    /// <inheritdoc/>
    public byte[] Pixels(string path)
    {
        using var room = new ImageRoom();
        var planes = room.Take(ImageBytes);
        Prepare([path], planes);
        return Interleaved(planes);
    }

    /// <inheritdoc/>
    public void FillPictures(IReadOnlyList<string> paths, View view, TensorLayout layout, float* images)
    {
        var tick = new Tick(1, Split.Test, 0, 0, 0, paths.Count, 0);
        Check(tick, layout, new int[paths.Count]);
        using var room = new ImageRoom();
        var memory = room.Take(paths.Count * ImageBytes);
        Prepare(paths, memory);
        var planes = new nint[paths.Count];
        for (var i = 0; i < planes.Length; i++) planes[i] = (nint)(memory + i * ImageBytes);
        for (var block = layout.Blocks.First; block < layout.Blocks.End; block++) WriteBlock(tick, layout, images, block, planes, 0, view);
    }

    private long ImageBytes => 3L * store.Height * store.Width;

    private void Prepare(IReadOnlyList<string> paths, byte* planes)
    {
        // Pictures from elsewhere have any size: sets whose own images all have one are given the like.
        using var preparer = new ImagePreparer(augmentation.KeptSide ?? (store.Height == store.Width ? store.Height : null));
        for (var i = 0; i < paths.Count; i++)
        {
            try
            {
                preparer.Prepare(new ImageFile(paths[i], 0, new DiskBytes(paths[i], new FileInfo(paths[i]).Length)), store.Height, store.Width, planes + i * ImageBytes);
            }
            catch (Exception e) when (e is UndecodableException or IOException)
            {
                throw new DataSetException($"{paths[i]}: {(e is UndecodableException ? e.Message : "cannot be read: " + e.Message)}; expected a JPEG or PNG file", e);
            }
        }
    }

    private byte[] Interleaved(byte* planes)
    {
        var count = store.Height * store.Width;
        var pixels = new byte[3 * count];
        for (var i = 0; i < count; i++)
            for (var c = 0; c < 3; c++) pixels[3 * i + c] = planes[c * count + i];
        return pixels;
    }
}

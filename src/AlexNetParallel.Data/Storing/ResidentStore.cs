using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Storing;

/// <summary>All images in memory.</summary>
internal sealed unsafe class ResidentStore : IImageStore
{
    private readonly ImageRoom room = new();
    private readonly byte* first;
    private readonly int[][] places = [[], []], labels = [[], []];   // by split, then image

    /// <summary>Room for images that the caller writes, each to <see cref="Place"/>.</summary>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="trainLabels">Class of each training image.</param>
    /// <param name="testLabels">Class of each test image.</param>
    public ResidentStore(int height, int width, int[] trainLabels, int[] testLabels)
    {
        (Height, Width) = (height, width);
        first = room.Take((trainLabels.Length + (long)testLabels.Length) * ImageBytes);
        (labels[0], labels[1]) = (trainLabels, testLabels);
        (places[0], places[1]) = ([.. Enumerable.Range(0, trainLabels.Length)], [.. Enumerable.Range(trainLabels.Length, testLabels.Length)]);
    }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    private long ImageBytes => 3L * Height * Width;

    /// <summary>Decodes all files; those that cannot be decoded are left out and the later ones move up.</summary>
    public static ResidentStore Decode(ImageFiles files, int height, int width, int? resize, int threads, SkippedFiles skipped)
    {
        var store = new ResidentStore(height, width, [.. files.Train.Select(f => f.Label)], [.. files.Test.Select(f => f.Label)]);
        try
        {
            foreach (var split in new[] { Split.Train, Split.Test }) store.Decode(files[split], split, resize, threads, skipped);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Where an image of the set lies.</summary>
    public byte* Place(Split split, int image) => first + places[(int)split][image] * ImageBytes;

    /// <inheritdoc/>
    public int Count(Split split) => places[(int)split].Length;

    /// <inheritdoc/>
    public int Label(Split split, int image) => labels[(int)split][image];

    /// <inheritdoc/>
    public void Fetch(Split split, ReadOnlySpan<int> images, Span<nint> planes, ImageRoom room)
    {
        for (var i = 0; i < images.Length; i++) planes[i] = (nint)Place(split, images[i]);
    }

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();

    private void Decode(ImageFile[] files, Split split, int? resize, int threads, SkippedFiles skipped)
    {
        var good = new bool[files.Length];
        ParallelWork.For(files.Length, threads, () => new ImagePreparer(resize), (i, preparer) =>
        {
            try
            {
                preparer.Prepare(files[i], Height, Width, Place(split, i));
                skipped.Warn(files[i].Name, preparer.Warning);
                good[i] = true;
            }
            catch (UndecodableException e)
            {
                skipped.Add(files[i].Name, e.Message);
            }
        });
        var kept = Enumerable.Range(0, files.Length).Where(i => good[i]).ToArray();
        places[(int)split] = [.. kept.Select(i => places[(int)split][i])];
        labels[(int)split] = [.. kept.Select(i => labels[(int)split][i])];
    }
}

using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Prepared;

/// <summary>
/// Images of a prepared set, decoded when they are asked for. Memory does not grow with the pictures: the index has 16 bytes an image, and the shards are files that the
/// system keeps as it sees fit.
/// </summary>
internal sealed unsafe class ShardStore : IImageStore
{
    private readonly SafeFileHandle[][] files = [[], []];
    private readonly ShardEntry[][] entries = [[], []];   // all shards of a split in a row
    private readonly int[][] firsts = [[], []];           // number of each shard's first image
    private readonly IReadOnlyList<string>[] names;
    private readonly ParallelDecoder decoder;

    /// <summary>Opens every shard.</summary>
    /// <param name="folder">The set's.</param>
    /// <param name="set">What dataset.json says.</param>
    /// <param name="threads">That decode.</param>
    /// <param name="side">Of the images wanted: the set's, or a smaller one, to which they are then resized.</param>
    /// <exception cref="DataSetException">One is missing or damaged.</exception>
    public ShardStore(string folder, PreparedSet set, int threads, int side)
    {
        (Height, Width) = (side, side);
        decoder = new ParallelDecoder(threads, side == set.Size ? null : side);
        names = [[.. set.Train.Select(s => s.File)], [.. set.Test.Select(s => s.File)]];
        try
        {
            foreach (var split in new[] { Split.Train, Split.Test })
            {
                var shards = split == Split.Train ? set.Train : set.Test;
                var indices = shards.Select(s => ShardIndex.Read(folder, s, set.Classes.Count)).ToList();
                entries[(int)split] = [.. indices.SelectMany(i => i)];
                var first = 0;
                firsts[(int)split] = [.. indices.Select(i => (first += i.Length) - i.Length)];
                files[(int)split] = [.. shards.Select(s => System.IO.File.OpenHandle(Path.Combine(folder, s.File), options: FileOptions.RandomAccess))];
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Count(Split split) => entries[(int)split].Length;

    /// <inheritdoc/>
    public int Label(Split split, int image) => entries[(int)split][image].Label;

    /// <inheritdoc/>
    public void Fetch(Split split, ReadOnlySpan<int> images, Span<nint> planes, ImageRoom room) =>
        decoder.Fetch(images, planes, room, 3L * Height * Width, (image, preparer, to) => Decode(split, image, preparer, to));

    /// <inheritdoc/>
    public void Dispose()
    {
        decoder.Dispose();
        foreach (var file in files.SelectMany(f => f)) file.Dispose();
    }

    /// <summary>An image as it lies in its shard.</summary>
    public ImageFile File(Split split, int image)
    {
        var shard = Array.BinarySearch(firsts[(int)split], image);
        if (shard < 0) shard = ~shard - 1;
        var entry = entries[(int)split][image];
        return new ImageFile($"{names[(int)split][shard]}, image {image - firsts[(int)split][shard]}", entry.Label, new ArchiveBytes(files[(int)split][shard], entry.Offset, entry.Length));
    }

    private void Decode(Split split, int image, ImagePreparer preparer, byte* planes)
    {
        var file = File(split, image);
        try
        {
            preparer.Prepare(file, Height, Width, planes);
        }
        catch (UndecodableException e)
        {
            throw new DataSetException($"{file.Name} is damaged: {e.Message}; make the set anew with 'alexnet data prepare'", e);
        }
    }
}

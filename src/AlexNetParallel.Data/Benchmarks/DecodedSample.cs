using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Benchmarks;

/// <summary>Some training pictures of a set, for measuring each stage by itself: those that can be decoded, and without a resize those that have the first one's size.</summary>
internal sealed unsafe class DecodedSample : IDisposable
{
    private readonly int? resize;
    private readonly ImageDecoder decoder = new();
    private readonly Resizer resizer = new();
    private readonly List<byte[]> contents = [];
    private readonly int height, width;
    private byte[] buffer = [];

    /// <param name="train">Number of training pictures of the set.</param>
    /// <param name="fileOf">One of them.</param>
    /// <param name="description">The set, for messages.</param>
    /// <param name="resize">Shorter side wanted, or null.</param>
    /// <exception cref="DataSetException">Not one picture can be decoded.</exception>
    public DecodedSample(int train, Func<int, ImageFile> fileOf, string description, int? resize)
    {
        this.resize = resize;
        var count = Math.Min(FeedBenchmark.Sample, train);
        foreach (var file in Enumerable.Range(0, count).Select(i => fileOf((int)((long)i * train / count))))
        {
            try
            {
                var content = file.Bytes.Read(ref buffer).ToArray();
                var picture = Decode(content);
                if (Files.Count == 0) (height, width) = resize is { } side ? (side, side) : (picture.Height, picture.Width);
                if (resize is null && (picture.Height, picture.Width) != (height, width)) continue;
                Files.Add(file);
                contents.Add(content);
            }
            catch (Exception e) when (e is UndecodableException or IOException or UnauthorizedAccessException)
            {
                // Measured is what can be used.
            }
        }
        if (Files.Count == 0) throw new DataSetException($"none of {count} training pictures of {description} can be decoded");
    }

    /// <summary>They are resized, not only separated into planes.</summary>
    public bool Resizes => resize is not null;

    /// <summary>The pictures.</summary>
    public List<ImageFile> Files { get; } = [];

    /// <summary>Seconds an image: its bytes from disk, tar or memory.</summary>
    public double Read(TimeSpan budget) => StageClock.Median(budget, () =>
    {
        foreach (var file in Files) file.Bytes.Read(ref buffer);
    }) / Files.Count;

    /// <summary>Seconds an image: from bytes to pixels.</summary>
    public double Decode(TimeSpan budget) => StageClock.Median(budget, () =>
    {
        foreach (var content in contents) Decode(content);
    }) / Files.Count;

    /// <summary>Seconds an image: from pixels to planes of the stored size. The whole of decoding and resizing is timed, and decoding taken off.</summary>
    public double Resize(TimeSpan budget)
    {
        var decoding = Decode(budget);
        using var room = new ImageRoom();
        var planes = room.Take(3L * height * width);
        var both = StageClock.Median(budget, () =>
        {
            foreach (var content in contents) Prepare(content, planes);
        }) / Files.Count;
        return Math.Max(both - decoding, 1e-9);
    }

    /// <summary>The pictures in memory, as a training split.</summary>
    public ResidentStore Store()
    {
        var store = new ResidentStore(height, width, [.. Files.Select(f => f.Label)], []);
        for (var i = 0; i < contents.Count; i++) Prepare(contents[i], store.Place(Split.Train, i));
        return store;
    }

    public void Dispose()
    {
        decoder.Dispose();
        resizer.Dispose();
    }

    private Picture Decode(byte[] content) => decoder.Decode(content, new DecodeOptions(ApplyOrientation: resize is not null, ShorterSide: resize ?? 0));

    private void Prepare(byte[] content, byte* planes)
    {
        var picture = Decode(content);
        if (resize is { } side) resizer.CentralSquare(picture, decoder.FullWidth, decoder.FullHeight, decoder.Reduction, side, planes);
        else Resizer.Separate(picture, planes);
    }
}

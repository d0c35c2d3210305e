using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Tests.Support;

/// <summary>A small set of random pixels in memory, and its source.</summary>
internal sealed unsafe class TestImages
{
    public TestImages(int train, int test, int height, int width)
    {
        (Height, Width) = (height, width);
        var random = new Random(11);
        Pixels = [Make(train), Make(test)];

        byte[][] Make(int count) => [.. Enumerable.Range(0, count).Select(_ =>
        {
            var image = new byte[3 * height * width];
            random.NextBytes(image);
            // Channels must differ and depend on each other, or there is nothing for the statistics to find.
            for (var i = 0; i < height * width; i++) image[i] = (byte)((image[i] + 3 * image[height * width + i]) / 4);
            return image;
        })];
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>[split][image][(channel, y, x)].</summary>
    public byte[][][] Pixels { get; }

    /// <summary>Class of an image.</summary>
    public static int Label(int image) => image * 7 % 3;

    public IBatchSource Source(Augmentation augmentation, int batchSize, ulong seed = 5, int threads = 1)
    {
        var store = new ResidentStore(Height, Width, Labels(0), Labels(1));
        foreach (var split in new[] { Split.Train, Split.Test })
        {
            for (var i = 0; i < store.Count(split); i++) Pixels[(int)split][i].CopyTo(new Span<byte>(store.Place(split, i), 3 * Height * Width));
        }
        return new ImageBatchSource(store, ["a", "b", "c"], "test", StatisticsPass.Over(store, threads), augmentation,
            new FeedOptions { Seed = seed, BatchSize = batchSize, Threads = threads }, new SkippedFiles(null));

        int[] Labels(int split) => [.. Enumerable.Range(0, Pixels[split].Length).Select(Label)];
    }
}

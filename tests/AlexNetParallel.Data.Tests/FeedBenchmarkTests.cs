using AlexNetParallel.Data.Benchmarks;
using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Prepared;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Tests;

/// <summary>The measurement of the feed: its stages, its check. Speeds are for the bench, not for a test.</summary>
public sealed class FeedBenchmarkTests
{
    [SkippableFact]
    public void Pictures_from_files_pass_four_stages()
    {
        RequireLibraries.TurboJpeg();
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 40; i++)
        {
            var pixels = new byte[3 * 60 * 50];
            new Random(i).NextBytes(pixels);
            folder.Write($"{"ab"[i % 2]}/{i}.jpg", ImageEncoder.Jpeg(pixels, 60, 50));
        }
        folder.Write("a/broken.jpg", "broken"u8);
        var augmentation = new Augmentation { Resize = 32, ColourNoise = 0.1 };
        var measured = FeedBenchmark.Run(folder.Root, augmentation, Batches.Layout(1, 28), new FeedOptions { Seed = 1, BatchSize = 16 }, TimeSpan.FromMilliseconds(1));
        Assert.Equal(["read", "decode", "resize", "augment", "all"], measured.Stages.Select(s => s.Name));
        Assert.All(measured.Stages, s => Assert.True(s.SecondsPerImage > 0 && s.Images > 0));
        Assert.Equal(0, measured.Wrong);

        // The same of a prepared set, whose images need no resize.
        new Preparation(folder.Root, folder.Root + "-set", new PreparationOptions { Size = 32, ShardImages = 16 }).Run(CancellationToken.None);
        var shards = FeedBenchmark.Run(folder.Root + "-set", augmentation, Batches.Layout(1, 28), new FeedOptions { Seed = 1, BatchSize = 16 }, TimeSpan.FromMilliseconds(1));
        Assert.Equal(["read", "decode", "separate", "augment", "all"], shards.Stages.Select(s => s.Name));
        Assert.Equal(shards.Stages.SkipLast(1).Sum(s => s.SecondsPerImage), shards.Stages[^1].SecondsPerImage, 1e-12);
        Assert.Equal(0, shards.Wrong);
        Directory.Delete(folder.Root + "-set", recursive: true);
    }

    [Fact]
    public void Generated_images_are_drawn_and_augmented()
    {
        var measured = FeedBenchmark.Run(Recipe.Generated, new Augmentation(), Batches.Layout(2, 28), new FeedOptions { Seed = 1, BatchSize = 64 }, TimeSpan.FromMilliseconds(1));
        Assert.Equal(["draw", "augment", "all"], measured.Stages.Select(s => s.Name));
        Assert.Equal(0, measured.Wrong);
    }
}

using AlexNetParallel.Data.Benchmarks;
using AlexNetParallel.Data.Decoding;
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
        Assert.Equal(["read", "decode", "resize", "augment"], measured.Stages.Select(s => s.Name));
        Assert.All(measured.Stages, s => Assert.True(s.SecondsPerImage > 0 && s.Images > 0));
        Assert.Equal(0, measured.Wrong);
    }

    [Fact]
    public void Generated_images_are_drawn_and_augmented()
    {
        var measured = FeedBenchmark.Run(Recipe.Generated, new Augmentation(), Batches.Layout(2, 28), new FeedOptions { Seed = 1, BatchSize = 64 }, TimeSpan.FromMilliseconds(1));
        Assert.Equal(["draw", "augment"], measured.Stages.Select(s => s.Name));
        Assert.Equal(0, measured.Wrong);
    }
}

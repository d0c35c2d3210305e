using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Data.Tests;

/// <summary>Whole data sets from files: broken files, sets larger than memory, sizes.</summary>
public sealed class DataSetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> log = [];

    public void Dispose() => folder.Dispose();

    [SkippableTheory]
    [InlineData(1 << 30)]
    [InlineData(0)]
    public void Broken_files_are_skipped_counted_and_named(long decodedLimit)
    {
        RequireLibraries.Png();
        for (var i = 0; i < 60; i++) folder.Write($"set/{(i % 2 == 0 ? "cat" : "dog")}/{i:00}.png", Picture(i, 12, 12));
        folder.Write("set/cat/broken.png", Picture(0, 12, 12).AsSpan(0, 60));
        folder.Write("set/dog/text.jpg", "not a picture"u8);
        folder.Write("set/dog/empty.jpg", ""u8);
        using var source = Open(new Augmentation { Mean = MeanKind.None, Mirror = DrawFor.Nothing }, decodedLimit);
        var inMemory = decodedLimit > 0;
        var count = source.Count(Split.Train) + source.Count(Split.Test);
        Assert.Equal(inMemory ? 60 : 62, count);   // a large set learns of them when it meets them

        foreach (var split in new[] { Split.Train, Split.Test })
        {
            for (var batch = 0; batch * 16 + 16 <= source.Count(split); batch++)
            {
                var tick = split == Split.Train ? Batches.Train(batch, 16) : Batches.Test(batch, 16);
                var (values, labels) = Batches.Fill(source, tick, Batches.Layout(1, 12));
                Assert.DoesNotContain(float.NaN, values);
                for (var n = 0; n < 16; n++)
                {
                    // The picture's number is its first pixel: its class must be the label, whichever file stood in.
                    var number = (int)Batches.At(values, Batches.Layout(1, 12), n, 0, 6, 6);
                    Assert.Equal(labels[n], number % 2);
                }
            }
        }
        Assert.Contains(source.Skipped, s => s.File == "dog/empty.jpg" && s.Reason.Contains("empty"));
        if (inMemory) Assert.Equal(["cat/broken.png", "dog/empty.jpg", "dog/text.jpg"], source.Skipped.Select(s => s.File));
        Assert.All(source.Skipped, s => Assert.Contains(log, l => l.Contains(s.File) && l.Contains(s.Reason)));
        Assert.All(source.Skipped, s => Assert.Single(log, l => l.Contains(s.File)));
    }

    [SkippableFact]
    public void A_set_that_is_decoded_batch_by_batch_gives_the_same_bits()
    {
        RequireLibraries.TurboJpeg();
        RequireLibraries.Png();
        for (var i = 0; i < 70; i++)
        {
            var name = $"{"abc"[i % 3]}/{i:00}";
            if (i % 4 == 0) folder.Write("set/" + name + ".png", Picture(i, 40 + i, 90 - i));
            else folder.Write("set/" + name + ".jpg", ImageEncoder.Jpeg(Pixels(i, 40 + i, 90 - i), 40 + i, 90 - i));
        }
        var augmentation = new Augmentation { Resize = 24, ColourNoise = 0.1, Mean = MeanKind.ImageAtCrop };
        using var resident = Open(augmentation, 1 << 30, threads: 1);
        using var onDemand = Open(augmentation, 0, threads: 3);
        Assert.Equal(resident.Statistics!.Mean, onDemand.Statistics!.Mean);
        for (var batch = 0; batch < 4; batch++)
        {
            var tick = Batches.Train(batch, 16, 0.1);
            Assert.Equal(Batches.Fill(resident, tick, Batches.Layout(1, 20)), Batches.Fill(onDemand, tick, Batches.Layout(1, 20)), Same);
        }
        Assert.Single(log, l => l.Contains("computing the mean image"));
        // The second time the statistics are there.
        using var again = Open(augmentation, 0);
        Assert.Single(log, l => l.Contains("computing the mean image"));
        Assert.Equal(onDemand.Statistics.Mean, again.Statistics!.Mean);

        static bool Same((float[], int[]) a, (float[], int[]) b) => a.Item1.AsSpan().SequenceEqual(b.Item1) && a.Item2.AsSpan().SequenceEqual(b.Item2);
    }

    [SkippableFact]
    public void Different_sizes_need_a_resize()
    {
        RequireLibraries.Png();
        for (var i = 0; i < 12; i++) folder.Write($"set/{"ab"[i % 2]}/{i:00}.png", Picture(i, 12 + i / 8, 12));
        var error = Assert.Throws<DataSetException>(() => Open(new Augmentation(), 1 << 30));
        Assert.Contains("'resize' in the recipe", error.Message);
        Assert.Contains("12×12", error.Message);
        using var source = Open(new Augmentation { Resize = 12 }, 1 << 30);
        Assert.Equal(12, source.Count(Split.Train) + source.Count(Split.Test));
    }

    [Fact]
    public void A_set_of_nothing_but_broken_files_is_an_error()
    {
        for (var i = 0; i < 12; i++) folder.Write($"set/{"ab"[i % 2]}/{i:00}.jpg", "broken"u8);
        Assert.Contains("can be decoded", Assert.Throws<DataSetException>(() => Open(new Augmentation(), 1 << 30)).Message);
        Assert.Contains("can be decoded", Assert.Throws<DataSetException>(() => Open(new Augmentation { Resize = 8 }, 1 << 30)).Message);
        Assert.Contains("can be decoded", Assert.Throws<DataSetException>(() => Open(new Augmentation { Resize = 8 }, 0)).Message);
    }

    [SkippableFact]
    public void Real_photographs_in_an_imagenet_tar_make_batches()
    {
        RequireLibraries.TurboJpeg();
        var path = Repository.RequireShared("data", "imagenet-sample", "ILSVRC2012_img_train_sample200.tar");
        using var source = DataSet.Open(path, new Augmentation { Resize = 64 }, new FeedOptions { Seed = 1, BatchSize = 32, Log = log.Add });
        Assert.Equal(200, source.Count(Split.Train) + source.Count(Split.Test));
        Assert.Equal(200, source.Classes.Count);
        Assert.Equal("n01443537", source.Classes[0]);
        Assert.Empty(source.Skipped);
        // The 1000 sample pictures, cut so, have the eigenvalues 0.1990, 0.0175, 0.0044; these are 180 of them, made smaller.
        Assert.InRange(source.Statistics!.Eigenvalues[0], 0.15, 0.25);
        var (values, _) = Batches.Fill(source, Batches.Train(0, 32), Batches.Layout(1, 56));
        Assert.InRange(values.Average(), -30, 30);
    }

    private IBatchSource Open(Augmentation augmentation, long decodedLimit, int threads = 2)
    {
        void Log(string line)
        {
            lock (log) log.Add(line);
        }
        return DataSet.Open(folder.Path("set"), augmentation,
            new FeedOptions { Seed = 4, BatchSize = 16, Threads = threads, DecodedLimit = decodedLimit, CacheFolder = folder.Path("cache"), Log = Log });
    }

    private static byte[] Picture(int number, int width, int height) => ImageEncoder.Png(Pixels(number, width, height), width, height);

    /// <summary>Noise, with the number in the middle.</summary>
    private static byte[] Pixels(int number, int width, int height)
    {
        var pixels = new byte[3 * width * height];
        new Random(number).NextBytes(pixels);
        pixels[3 * (6 * width + 6)] = (byte)number;
        return pixels;
    }
}

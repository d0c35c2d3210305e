using System.Security.Cryptography;
using AlexNetParallel.Data.Generated;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Tests;

/// <summary>The built-in data set.</summary>
public sealed unsafe class GeneratedImagesTests
{
    /// <summary>The set is part of every measurement made with it: a change of one pixel must be meant.</summary>
    [Fact]
    public void Are_the_same_bytes_everywhere()
    {
        using var store = GeneratedImages.Render();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var split in new[] { Split.Train, Split.Test })
        {
            for (var i = 0; i < store.Count(split); i++) hash.AppendData(new ReadOnlySpan<byte>(store.Place(split, i), 3 * 32 * 32));
        }
        Assert.Equal("0bbf8d3a52276432af9d94455bc4757d7d590e552ce71b6bb75df67adbdccf68", Convert.ToHexStringLower(hash.GetHashAndReset()));
        Assert.Equal((5000, 1000), (store.Count(Split.Train), store.Count(Split.Test)));
    }

    [Fact]
    public void Another_seed_gives_other_images_and_no_image_is_in_both_splits()
    {
        using var store = GeneratedImages.Render(1, 20, 20);
        using var other = GeneratedImages.Render(2, 20, 20);
        var images = new HashSet<string>();
        foreach (var set in new[] { store, other })
            foreach (var split in new[] { Split.Train, Split.Test })
                for (var i = 0; i < 200; i++) Assert.True(images.Add(Convert.ToBase64String(new ReadOnlySpan<byte>(set.Place(split, i), 3072))));
    }

    /// <summary>Chance is 90 %. Whoever knows the mean and the spread of the colours only, or the mean image of each class, is little better: shapes must be seen.</summary>
    [Fact]
    public void Colours_and_mean_images_do_not_tell_the_class()
    {
        using var store = GeneratedImages.Render();
        Assert.InRange(NearestMeanError(store, ColourStatistics), 0.70, 0.95);
        Assert.InRange(NearestMeanError(store, pixels => [.. pixels.ToArray().Select(p => (double)p)]), 0.70, 0.95);
    }

    [Fact]
    public void Train_without_any_library()
    {
        using var source = DataSet.Open(Recipe.Generated, new Augmentation { DivideBy = 64 }, new FeedOptions { Seed = 3, BatchSize = 64 });
        Assert.Equal(GeneratedImages.ClassNames, source.Classes);
        Assert.Equal(source.Classes.Order(StringComparer.Ordinal), source.Classes);
        var (values, labels) = Batches.Fill(source, Batches.Train(2, 64), Batches.Layout(2, 28));
        Assert.All(values, v => Assert.InRange(v, -4f, 4f));
        Assert.True(labels.Distinct().Count() == 10);
        Assert.Contains("5000 training and 1000 test", source.Description);
    }

    [SkippableFact]
    public void Come_back_bit_for_bit_from_png_files()
    {
        RequireLibraries.Png();
        using var folder = new TemporaryFolder();
        Assert.Equal(120, GeneratedImages.Write(folder.Path("set"), PictureFormat.Png, GeneratedImages.DefaultSeed, 10, 2));
        using var read = DataSet.Open(folder.Path("set"), new Augmentation(), new FeedOptions { Seed = 3, BatchSize = 32 });
        Assert.Equal((100, 20), (read.Count(Split.Train), read.Count(Split.Test)));
        Assert.Equal(GeneratedImages.ClassNames, read.Classes);
        var (values, labels) = Batches.Fill(read, Batches.Test(0, 20), Batches.Layout(1, 32));
        using var drawn = GeneratedImages.Render(GeneratedImages.DefaultSeed, 10, 2);
        for (var n = 0; n < 20; n++)
        {
            Assert.Equal(n / 2, labels[n]);
            for (var i = 0; i < 3072; i++) Assert.Equal(drawn.Place(Split.Test, n)[i] - read.Statistics!.Mean[i], values[i * 32 + n]);
        }
        Assert.Contains("not empty", Assert.Throws<DataSetException>(() => GeneratedImages.Write(folder.Path("set"))).Message);
    }

    [SkippableFact]
    public void Can_be_written_as_jpeg()
    {
        RequireLibraries.TurboJpeg();
        using var folder = new TemporaryFolder();
        GeneratedImages.Write(folder.Path("set"), PictureFormat.Jpeg, 1, 2, 1);
        using var read = DataSet.Open(folder.Path("set"), new Augmentation(), new FeedOptions { Seed = 3, BatchSize = 4 });
        Assert.Equal((20, 10), (read.Count(Split.Train), read.Count(Split.Test)));
        Assert.Empty(read.Skipped);
    }

    private static double NearestMeanError(Storing.ResidentStore store, Func<ReadOnlySpan<byte>, double[]> features)
    {
        double[] Of(Split split, int i) => features(new ReadOnlySpan<byte>(store.Place(split, i), 3072));
        var train = Enumerable.Range(0, 5000).Select(i => Of(Split.Train, i)).ToArray();
        var length = train[0].Length;
        var scale = Enumerable.Range(0, length).Select(f => { var m = train.Average(t => t[f]); return 1 / Math.Sqrt(train.Average(t => (t[f] - m) * (t[f] - m)) + 1e-9); }).ToArray();
        var means = Enumerable.Range(0, 10).Select(c => Enumerable.Range(0, length).Select(f => train.Skip(500 * c).Take(500).Average(t => t[f])).ToArray()).ToArray();
        var wrong = 0;
        for (var i = 0; i < 1000; i++)
        {
            var x = Of(Split.Test, i);
            var nearest = Enumerable.Range(0, 10).MinBy(c => Enumerable.Range(0, length).Sum(f => Math.Pow((x[f] - means[c][f]) * scale[f], 2)));
            if (nearest != i / 100) wrong++;
        }
        return wrong / 1000.0;
    }

    private static double[] ColourStatistics(ReadOnlySpan<byte> pixels)
    {
        var result = new double[6];
        for (var c = 0; c < 3; c++)
        {
            var plane = pixels.Slice(1024 * c, 1024).ToArray();
            var mean = plane.Average(p => (double)p);
            (result[2 * c], result[2 * c + 1]) = (mean, Math.Sqrt(plane.Average(p => (p - mean) * (p - mean))));
        }
        return result;
    }
}

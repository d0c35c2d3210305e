using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Data.Tests;

/// <summary>Mean image, covariance, eigenvectors, colour noise.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void Mean_and_covariance_are_those_of_the_training_images()
    {
        var images = new TestImages(37, 5, 8, 9);
        using var one = images.Source(new Augmentation(), 32, threads: 1);
        using var many = images.Source(new Augmentation(), 32, threads: 5);
        var s = one.Statistics!;
        var train = images.Pixels[0];
        Assert.Equal(37, s.Images);
        for (var i = 0; i < s.Mean.Length; i++) Assert.Equal((float)(train.Sum(t => t[i]) / 37.0), s.Mean[i]);

        var mean = Enumerable.Range(0, 3).Select(c => train.Average(t => t.Skip(c * 72).Take(72).Average(v => v / 255.0))).ToArray();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(255 * mean[i], s.ChannelMean[i], 4);
            for (var j = 0; j < 3; j++)
            {
                var covariance = train.Average(t => Enumerable.Range(0, 72).Average(p => (t[i * 72 + p] / 255.0 - mean[i]) * (t[j * 72 + p] / 255.0 - mean[j])));
                Assert.Equal(covariance, s.Covariance[i, j], 12);
            }
        }
        Assert.Equal(s.Mean, many.Statistics!.Mean);
        Assert.Equal(s.Covariance, many.Statistics.Covariance);
    }

    [Fact]
    public void Eigenvectors_solve_the_matrix()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            var m = new double[3, 3];
            for (var k = 0; k < 4; k++)
            {
                double[] v = [random.NextDouble(), random.NextDouble() - 0.3, round % 7 == 0 ? 0 : random.NextDouble()];
                for (var i = 0; i < 3; i++) for (var j = 0; j < 3; j++) m[i, j] += v[i] * v[j];
            }
            var (values, vectors) = SymmetricEigen.Solve(m);
            Assert.True(values[0] >= values[1] && values[1] >= values[2]);
            for (var e = 0; e < 3; e++)
            {
                for (var i = 0; i < 3; i++)
                {
                    var product = Enumerable.Range(0, 3).Sum(j => m[i, j] * vectors[j, e]);
                    Assert.Equal(values[e] * vectors[i, e], product, 10);
                }
                Assert.Equal(1, Enumerable.Range(0, 3).Sum(i => vectors[i, e] * vectors[i, e]), 10);
                Assert.True(Enumerable.Range(0, 3).Select(i => vectors[i, e]).MaxBy(Math.Abs) > 0);
            }
        }
    }

    /// <summary>The golden case states its shift to float precision.</summary>
    [Fact]
    public void Colour_noise_of_the_paper_is_the_golden_case()
    {
        var eigenvalues = Golden("eigval.npy");
        var vectors = Golden("eigvec_columns.npy");
        var alpha = Golden("alpha.npy");
        var expected = Golden("shift_01.npy");
        // A covariance that has these eigenvalues and vectors; z = α / 0.1 because the shift draws α ~ N(0, 0.1²).
        var covariance = new double[3, 3];
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < 3; j++)
                for (var e = 0; e < 3; e++) covariance[i, j] += vectors[3 * i + e] * eigenvalues[e] * vectors[3 * j + e];
        var statistics = new TrainingStatistics(1, 1, 1, new float[3], covariance);
        var z = Enumerable.Range(0, 3).Select(e =>
        {
            // The sign of an eigenvector is free: where ours is the other one, so is α.
            var sign = Math.Sign(Enumerable.Range(0, 3).Sum(i => statistics.Eigenvectors[i, e] * vectors[3 * i + e]));
            return sign * alpha[e] / 0.1;
        }).ToArray();
        var (r, g, b) = ColourNoise.Shift(ColourNoiseScale.Paper, statistics, 0.1, (z[0], z[1], z[2]));
        // The eigenvectors in the file have four digits and are orthogonal only to them.
        Closeness.Close(expected.Select(v => 255 * v).ToArray(), [r, g, b], 1e-3, "shift");
        Assert.Equal(1, ColourNoise.Divisor(ColourNoiseScale.Paper, 0.1));
        Assert.Equal(1.1, ColourNoise.Divisor(ColourNoiseScale.Source, 0.1));
    }

    [SkippableFact]
    public void Cifar10_has_the_statistics_that_its_readme_states()
    {
        RequireLibraries.TurboJpeg();
        var path = Repository.RequireShared("data", "cifar10");
        using var source = DataSet.Open(path, new Augmentation(), new FeedOptions { Seed = 1, BatchSize = 128 });
        Assert.Equal((50_000, 10_000), (source.Count(Split.Train), source.Count(Split.Test)));
        Assert.Equal(File.ReadAllLines(Path.Combine(path, "classes.txt")), source.Classes);
        Assert.Empty(source.Skipped);
        var s = source.Statistics!;
        Closeness.Close([125.27f, 122.93f, 113.86f], s.ChannelMean, 1e-4, "channel means, stated to 0.01");
        Closeness.Close([0.17183, 0.01253, 0.00265], s.Eigenvalues, 5e-5, "eigenvalues, stated to 0.00001");
        double[] stated = [0.5576, 0.7030, 0.4415, 0.5767, 0.0545, 0.8151, 0.5971, 0.7091, 0.3750];
        Closeness.Close(stated, s.Eigenvectors.Cast<double>().Select(Math.Abs).ToArray(), 1e-4, "eigenvectors, stated to 0.0001, up to their sign");
    }

    [Fact]
    public void Kept_statistics_come_back_or_not_at_all()
    {
        using var folder = new TemporaryFolder();
        var cache = new StatisticsCache(folder.Path("cache"));
        using var source = new TestImages(9, 1, 4, 5).Source(new Augmentation(), 32);
        Assert.Null(cache.Load(new string('a', 64)));
        cache.Save(new string('a', 64), source.Statistics!);
        var back = cache.Load(new string('a', 64))!;
        Assert.Equal((9, 4, 5), (back.Images, back.Height, back.Width));
        Assert.Equal(source.Statistics!.Mean, back.Mean);
        Assert.Equal(source.Statistics.Covariance, back.Covariance);

        var file = Directory.GetFiles(folder.Path("cache")).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[100] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Null(cache.Load(new string('a', 64)));
        File.WriteAllBytes(file, bytes[..50]);
        Assert.Null(cache.Load(new string('a', 64)));
    }

    private static float[] Golden(string file) => Npy.Read(Repository.Path("tests", "golden", "pca_colour", file)).Values;
}

using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Tests;

/// <summary>Each value of a batch against a plain computation from the pixels, in the same float arithmetic: equal, not near.</summary>
public sealed class AugmentationTests
{
    public static TheoryData<MeanKind, DrawFor, DrawFor, double, ColourNoiseScale> Kinds()
    {
        var data = new TheoryData<MeanKind, DrawFor, DrawFor, double, ColourNoiseScale>();
        foreach (var mean in Enum.GetValues<MeanKind>())
        {
            data.Add(mean, DrawFor.Image, DrawFor.Image, 0, ColourNoiseScale.Source);
            data.Add(mean, DrawFor.Chunk, DrawFor.Chunk, 0.1, ColourNoiseScale.Source);
        }
        data.Add(MeanKind.ImageCentre, DrawFor.Batch, DrawFor.Image, 0, ColourNoiseScale.Source);
        data.Add(MeanKind.ImageAtCrop, DrawFor.Image, DrawFor.Image, 0.1, ColourNoiseScale.Paper);
        data.Add(MeanKind.ImageAtCrop, DrawFor.Nothing, DrawFor.Nothing, 0.2, ColourNoiseScale.Source);
        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Batches_are_what_a_plain_computation_says(MeanKind mean, DrawFor crop, DrawFor mirror, double noise, ColourNoiseScale scale)
    {
        var images = new TestImages(50, 45, 13, 21);
        var augmentation = new Augmentation { Mean = mean, Crop = crop, Mirror = mirror, ColourNoise = noise, ColourNoiseScale = scale, DivideBy = 3 };
        using var source = images.Source(augmentation, 40);
        var statistics = source.Statistics!;
        var layout = new TensorLayout(new BlockRange(0, 2), new ChannelSet(new ChannelRange(0, 3)), 10, 17, new Border(1, 2, 3, 0));
        foreach (var tick in new[] { Batches.Train(0, 40, noise), Batches.Train(3, 40, noise, epoch: 2), Batches.Test(0, 40), Batches.Test(1, 5) })
        {
            var (values, labels) = Batches.Fill(source, tick, layout);
            var training = tick.Split == Split.Train;
            var order = EpochOrder.Permutation(5, tick.Epoch, 50);
            for (var n = 0; n < tick.Cases; n++)
            {
                var image = training ? order[(tick.Batch * 40 + n) % 50] : tick.Batch * 40 + n;
                Assert.Equal(TestImages.Label(image), labels[n]);
                var (top, left) = training ? Crop(crop, tick.Step, n) : (1, 2);
                var flip = training && Mirror(mirror, tick.Step, n);
                var shift = training && noise > 0 ? Shift(statistics, scale, noise, tick.Step, n) : new double[3];
                var divisor = (float)(1 / (3 * (training && scale == ColourNoiseScale.Source ? 1 + noise : 1)));
                for (var c = 0; c < 3; c++)
                    for (var y = 0; y < 10; y++)
                        for (var x = 0; x < 17; x++)
                        {
                            var column = left + (flip ? 16 - x : x);
                            var subtract = mean switch
                            {
                                MeanKind.None => 0,
                                MeanKind.Channel => statistics.ChannelMean[c],
                                MeanKind.ImageCentre => statistics.Mean[(c * 13 + 1 + y) * 21 + 2 + x],
                                _ => statistics.Mean[(c * 13 + top + y) * 21 + column],
                            };
                            float pixel = images.Pixels[(int)tick.Split][image][(c * 13 + top + y) * 21 + column];
                            var (expected, got) = ((pixel - subtract + (float)shift[c]) * divisor, Batches.At(values, layout, n, c, y, x));
                            if (expected != got) Assert.Fail($"{tick}: case {n}, channel {c}, row {y}, pixel {x} is {got:R}, expected {expected:R}");
                        }
            }
            AssertZeroElsewhere(values, layout, tick.Cases);
        }
    }

    [Fact]
    public void Mirrors_are_half_and_crops_reach_every_position()
    {
        var mirrors = 0;
        var places = new int[5, 5];
        for (var step = 1; step <= 100; step++)
        {
            for (var n = 0; n < 100; n++)
            {
                if (Draws.Mirror(DrawFor.Image, 9, step, n)) mirrors++;
                var (top, left) = Draws.Crop(DrawFor.Image, 9, step, n, 4, 4);
                places[top, left]++;
            }
        }
        Assert.InRange(mirrors, 4800, 5200);   // four standard deviations
        foreach (var count in places) Assert.InRange(count, 320, 480);
    }

    [Fact]
    public void Draws_hold_for_what_they_are_said_to_hold()
    {
        for (var step = 1; step < 20; step++)
        {
            var image = Enumerable.Range(0, 128).Select(n => Draws.Crop(DrawFor.Image, 1, step, n, 32, 32)).ToArray();
            var chunk = Enumerable.Range(0, 128).Select(n => Draws.Crop(DrawFor.Chunk, 1, step, n, 32, 32)).ToArray();
            var batch = Enumerable.Range(0, 128).Select(n => Draws.Crop(DrawFor.Batch, 1, step, n, 32, 32)).ToArray();
            Assert.True(image.Distinct().Count() > 64);
            Assert.All(chunk.Chunk(32), c => Assert.Single(c.Distinct()));
            Assert.True(chunk.Distinct().Count() > 1);
            Assert.Single(batch.Distinct());
        }
        Assert.All(Enumerable.Range(0, 99), n => Assert.Equal((16, 16), Draws.Crop(DrawFor.Nothing, 1, 1, n, 32, 32)));
    }

    [Fact]
    public void The_threads_the_layout_and_the_order_of_asking_do_not_change_a_bit()
    {
        var images = new TestImages(200, 64, 16, 16);
        var augmentation = new Augmentation { Mean = MeanKind.ImageAtCrop, ColourNoise = 0.1 };
        using var one = images.Source(augmentation, 96, threads: 1);
        using var four = images.Source(augmentation, 96, threads: 4);
        var layout = Batches.Layout(3, 12, Border.All(1));
        var ticks = Enumerable.Range(0, 5).Select(b => Batches.Train(b, 96, 0.1, b / 2)).ToArray();
        var inOrder = ticks.Select(t => Batches.Fill(one, t, layout)).ToArray();
        for (var i = ticks.Length - 1; i >= 0; i--)
        {
            var (values, labels) = Batches.Fill(four, ticks[i], layout);
            Assert.Equal(inOrder[i].Images, values);
            Assert.Equal(inOrder[i].Labels, labels);

            // A worker that holds the middle block only.
            var part = Batches.Layout(1, 12, Border.All(1), firstBlock: 1);
            var size = (int)part.Size;
            var (middle, allLabels) = Batches.Fill(one, ticks[i], part);
            Assert.Equal(inOrder[i].Images[size..(2 * size)], middle);
            Assert.Equal(inOrder[i].Labels.Take(64), allLabels.Take(64));
        }
    }

    [Fact]
    public void Sizes_that_are_drawn_give_crops_of_the_resized_image()
    {
        var images = new TestImages(40, 33, 24, 24);
        var augmentation = new Augmentation { Resize = 14, ResizeTo = 24, Mean = MeanKind.Channel, DivideBy = 2 };
        using var one = images.Source(augmentation, 40);
        using var four = images.Source(augmentation, 40, threads: 4);
        var layout = new TensorLayout(new BlockRange(0, 2), new ChannelSet(new ChannelRange(0, 3)), 11, 12, Border.All(1));
        foreach (var tick in new[] { Batches.Train(0, 40), Batches.Train(1, 40, epoch: 1), Batches.Test(0, 33) })
        {
            var training = tick.Split == Split.Train;
            var (values, _) = Batches.Fill(one, tick, layout);
            Assert.Equal(values, Batches.Fill(four, tick, layout).Images);
            var order = EpochOrder.Permutation(5, tick.Epoch, 40);
            var sides = new HashSet<int>();
            for (var n = 0; n < tick.Cases; n++)
            {
                var pixels = images.Pixels[(int)tick.Split][training ? order[n] : n];
                var side = training ? 14 + (int)(Philox.Words(5, RandomPurpose.Crop, 2, tick.Step, n).X * 11L >> 32) : 19;
                var words = Philox.Words(5, RandomPurpose.Crop, 0, tick.Step, n);
                var (top, left) = training ? ((int)(words.X * (side - 10L) >> 32), (int)(words.Y * (side - 11L) >> 32)) : ((side - 11) / 2, (side - 12) / 2);
                var flip = training && Mirror(DrawFor.Image, tick.Step, n);
                for (var c = 0; c < 3; c++)
                    for (var y = 0; y < 11; y++)
                        for (var x = 0; x < 12; x++)
                        {
                            var pixel = Resized(pixels.AsSpan(c * 576, 576), 24, side, top + y, left + (flip ? 11 - x : x));
                            var got = Batches.At(values, layout, n, c, y, x) * 2 + one.Statistics!.ChannelMean[c];
                            // Rounded to a level; the reference is in double precision.
                            Assert.InRange(got - pixel, -0.51, 0.51);
                        }
                sides.Add(side);
            }
            Assert.True(training ? sides.Count > 6 : sides.Count == 1);
            AssertZeroElsewhere(values, layout, tick.Cases);
        }
    }

    /// <summary>A pixel of a resized plane by the plain formula: a triangle filter as wide as the reduction.</summary>
    private static double Resized(ReadOnlySpan<byte> plane, int from, int to, int y, int x)
    {
        var scale = (double)from / to;
        double[] Weights(int at)
        {
            var taps = Enumerable.Range(0, from).Select(i => Math.Max(0, 1 - Math.Abs(i + 0.5 - (at + 0.5) * scale) / scale)).ToArray();
            return [.. taps.Select(t => t / taps.Sum())];
        }
        var (rows, columns, sum) = (Weights(y), Weights(x), 0.0);
        for (var i = 0; i < from; i++)
            for (var j = 0; j < from; j++) sum += rows[i] * columns[j] * plane[i * from + j];
        return sum;
    }

    [Fact]
    public void A_batch_that_cannot_be_is_refused()
    {
        using var source = new TestImages(40, 40, 16, 16).Source(new Augmentation(), 32);
        Assert.Contains("16×16", Assert.Throws<DataSetException>(() => Batches.Fill(source, Batches.Train(0, 32), Batches.Layout(1, 17))).Message);
        Assert.Throws<ArgumentException>(() => Batches.Fill(source, Batches.Test(1, 9), Batches.Layout(1, 16)));
        Assert.Throws<ArgumentException>(() => Batches.Fill(source, Batches.Train(0, 33), Batches.Layout(2, 16)));
    }

    private static (int, int) Crop(DrawFor drawFor, long step, int position)
    {
        if (drawFor == DrawFor.Nothing) return (1, 2);
        var words = Philox.Words(5, RandomPurpose.Crop, 0, step, drawFor == DrawFor.Image ? position : drawFor == DrawFor.Chunk ? position / 32 : 0);
        return ((int)(words.X * 4L >> 32), (int)(words.Y * 5L >> 32));
    }

    private static bool Mirror(DrawFor drawFor, long step, int position) => drawFor != DrawFor.Nothing
        && Philox.Words(5, RandomPurpose.Crop, 1, step, drawFor == DrawFor.Image ? position : drawFor == DrawFor.Chunk ? position / 32 : 0).X >= 0x80000000;

    /// <summary>original-facts §4: n = E·(σ⊙z), x + c·n; or the paper's.</summary>
    private static double[] Shift(TrainingStatistics statistics, ColourNoiseScale scale, double c, long step, int position)
    {
        var (a, b, d, e) = Philox.Words(5, RandomPurpose.ColourNoise, 0, step, position);
        double[] z = [Philox.Normal(a, b).First, Philox.Normal(a, b).Second, Philox.Normal(d, e).First];
        var amounts = z.Select((n, i) => 255 * c * n * (scale == ColourNoiseScale.Source ? Math.Sqrt(statistics.Eigenvalues[i]) : statistics.Eigenvalues[i])).ToArray();
        return [.. Enumerable.Range(0, 3).Select(row => statistics.Eigenvectors[row, 0] * amounts[0] + statistics.Eigenvectors[row, 1] * amounts[1] + statistics.Eigenvectors[row, 2] * amounts[2])];
    }

    private static void AssertZeroElsewhere(float[] values, TensorLayout layout, int cases)
    {
        var at = 0;
        for (var block = 0; block < layout.Blocks.Count; block++)
            for (var c = 0; c < 3; c++)
                for (var y = -layout.Border.Top; y < layout.Height + layout.Border.Bottom; y++)
                    for (var x = -layout.Border.Left; x < layout.Width + layout.Border.Right; x++)
                        for (var n = 0; n < 32; n++, at++)
                        {
                            var inside = y >= 0 && y < layout.Height && x >= 0 && x < layout.Width && block * 32 + n < cases;
                            if (!inside && values[at] != 0) Assert.Fail($"channel {c}, row {y}, pixel {x} of case {block * 32 + n} is {values[at]}, expected 0");
                        }
        Assert.Equal(values.Length, at);
    }
}

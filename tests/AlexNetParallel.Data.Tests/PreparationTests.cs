using System.Security.Cryptography;
using AlexNetParallel.Data.Prepared;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Data.Tests;

/// <summary>`alexnet data prepare`, on the real ImageNet files and on files that trip decoders.</summary>
public sealed class PreparationTests : IDisposable
{
    private const string TrainTar = "ILSVRC2012_img_train_sample200.tar";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static Augmentation Plain => new() { Resize = 256, Crop = DrawFor.Nothing, Mirror = DrawFor.Nothing, Mean = MeanKind.None };

    private static IBatchSource Open(string path) => DataSet.Open(path, Plain, new FeedOptions { Seed = 1, BatchSize = 32 });

    [SkippableFact]
    public void The_sample_comes_out_as_its_reference_pixels()
    {
        RequireLibraries.TurboJpeg();
        var tar = Repository.RequireShared("data", "imagenet-sample", TrainTar);
        var labels = new ValidationLabels(Repository.RequireShared("data", "imagenet-sample", "ILSVRC2012_img_val_sample40.tar"),
            Repository.Shared("data", "imagenet-sample", "val_sample40_ground_truth.txt"), Repository.RequireShared("data", "ilsvrc2012", "label_map.tsv"));
        var set = new Preparation(tar, folder.Path("set"), new PreparationOptions { Quality = 100, ShardImages = 64, Validation = labels }).Run(CancellationToken.None);

        Assert.Equal((200, 40, 200, 4, 1), (set.Train.Sum(s => s.Images), set.Test.Sum(s => s.Images), set.Classes.Count, set.Train.Count, set.Test.Count));
        Assert.Empty(set.Broken);
        using var source = Open(folder.Path("set"));
        var expected = File.ReadLines(Repository.Shared("data", "imagenet-sample", "val_sample40.tsv")).Skip(1).Select(l => l.Split('\t')[2]);
        Assert.Equal(expected, Enumerable.Range(0, 40).Select(i => source.Classes[source.Label(Split.Test, i)]));

        // The ten smallest, and the one that is turned by EXIF, against pixels that another program decoded.
        var rows = File.ReadLines(Repository.Shared("data", "imagenet-sample", "index.tsv")).Skip(1).Select(l => l.Split('\t')).ToDictionary(l => l[0]);
        foreach (var file in Directory.GetFiles(Repository.RequireShared("data", "imagenet-sample", "decoded"), "*.rgb.npy"))
        {
            var row = rows[Path.GetFileName(file).Replace(".rgb.npy", ".JPEG", StringComparison.Ordinal)];
            var npy = Npy.Read(file);
            var picture = new PlainPicture(npy.Shape[1], npy.Shape[0], npy.Values);
            var square = (row[9] == "6" ? picture.TurnedRight() : picture).CentralSquare(256);
            var got = source.Pixels(Split.Train, source.Classes.Index().Single(c => c.Item == row[1]).Index);
            var errors = square.Zip(got, (a, b) => Math.Abs(a - b)).ToList();
            // A JPEG of quality 100 is off by a level or two; pictures of twice the size are first halved in the DCT, which is another smooth average of the same pixels.
            Assert.True(errors.Average() < 1.5, $"{row[0]}: off by {errors.Average():F2} levels on average");
            Assert.True(errors.Order().ElementAt(errors.Count * 999 / 1000) < 16, $"{row[0]}: one value in a thousand is off by {errors.Order().ElementAt(errors.Count * 999 / 1000):F1} levels");
        }
    }

    [SkippableFact]
    public void Statistics_are_those_of_the_pictures_themselves()
    {
        RequireLibraries.TurboJpeg();
        var tar = Repository.RequireShared("data", "imagenet-sample", TrainTar);
        var set = new Preparation(tar, folder.Path("set"), new PreparationOptions { ShardImages = 50, Threads = 2 }).Run(CancellationToken.None);
        using var prepared = Open(folder.Path("set"));
        using var direct = DataSet.Open(tar, Plain, new FeedOptions { Seed = 1, BatchSize = 32 });
        Assert.Equal(direct.Statistics!.Mean, prepared.Statistics!.Mean);
        Assert.Equal(direct.Statistics.Covariance, prepared.Statistics.Covariance);
        Assert.Equal((direct.Count(Split.Train), direct.Count(Split.Test)), (prepared.Count(Split.Train), prepared.Count(Split.Test)));
        // The shared README's values for the other 1000 pictures, variances of pixels in [0, 1]: 0.1990, 0.0175, 0.0044.
        double[] known = [113.8, 33.7, 16.9], room = [8, 4, 3];
        for (var i = 0; i < 3; i++) Assert.InRange(set.Deviations[i], known[i] - room[i], known[i] + room[i]);
    }

    [SkippableFact]
    public void Every_file_is_used_or_named_as_broken()
    {
        RequireLibraries.TurboJpeg();
        RequireLibraries.Png();
        var hard = Repository.RequireShared("data", "jpeg-hard");
        var index = File.ReadLines(Path.Combine(hard, "index.tsv")).Skip(1).Select(l => l.Split('\t')).ToList();
        // Two classes, and both get pictures that can be used.
        foreach (var (i, row) in index.Index()) folder.Write($"source/{(i % 2 == 0 ? "even" : "odd")}/{row[0]}", File.ReadAllBytes(Path.Combine(hard, row[0])));
        var set = new Preparation(folder.Path("source"), folder.Path("set"), new PreparationOptions { Size = 64, ShardImages = 16 }).Run(CancellationToken.None);

        var broken = set.Broken.Select(b => b.File.Split('/')[^1]).ToHashSet();
        var used = set.Train.Concat(set.Test).Sum(s => s.Images);
        Assert.Equal(index.Count, used + broken.Count);
        Assert.All(index.Where(r => r[1] == "clean_error"), r => Assert.Contains(r[0], broken));
        Assert.All(index.Where(r => r[1] == "ok"), r => Assert.DoesNotContain(r[0], broken));
        Assert.All(set.Broken, b => Assert.True(b.Reason.Length > 5, b.File));
        Assert.Equal(set.Broken.Count, File.ReadLines(folder.Path("set", "broken.tsv")).Count());
    }

    [SkippableFact]
    public void One_that_was_ended_goes_on_to_the_same_bytes()
    {
        RequireLibraries.TurboJpeg();
        RequireLibraries.Png();
        Generated.GeneratedImages.Write(folder.Path("shapes"), Generated.PictureFormat.Png, 1, 12, 3);
        var options = new PreparationOptions { Size = 24, ShardImages = 10, Threads = 2 };
        new Preparation(folder.Path("shapes"), folder.Path("through"), options).Run(CancellationToken.None);

        using var stop = new CancellationTokenSource();
        var ended = new Preparation(folder.Path("shapes"), folder.Path("ended"), options with { Progress = (done, _, _) => { if (done == 73) stop.Cancel(); } });
        Assert.ThrowsAny<OperationCanceledException>(() => ended.Run(stop.Token));
        Assert.False(PreparedSet.IsIn(folder.Path("ended")));
        // A shard that was being written when the power failed.
        folder.Write("ended/train-00009.tar.partial", [1, 2, 3]);
        Assert.Contains("other options", Assert.Throws<DataSetException>(() => new Preparation(folder.Path("shapes"), folder.Path("ended"), options with { Quality = 50 }).Run(CancellationToken.None)).Message, StringComparison.Ordinal);
        var first = -1L;
        new Preparation(folder.Path("shapes"), folder.Path("ended"), options with { Progress = (done, _, _) => first = first < 0 ? done : first }).Run(CancellationToken.None);
        Assert.InRange(first, 21, 80);   // shards that were whole were not made again

        Assert.Equal(Digests("through"), Digests("ended"));
        Assert.Contains("holds a prepared set already", Assert.Throws<DataSetException>(() => new Preparation(folder.Path("shapes"), folder.Path("ended"), options).Run(CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_damaged_set_is_refused()
    {
        RequireLibraries.TurboJpeg();
        RequireLibraries.Png();
        Generated.GeneratedImages.Write(folder.Path("shapes"), Generated.PictureFormat.Png, 1, 2, 1);
        new Preparation(folder.Path("shapes"), folder.Path("set"), new PreparationOptions { Size = 32 }).Run(CancellationToken.None);
        var tar = folder.Path("set", "train-00000.tar");
        var bytes = File.ReadAllBytes(tar);
        File.WriteAllBytes(tar, bytes[..(bytes.Length / 2)]);
        Assert.Contains("damaged", Fails(), StringComparison.Ordinal);
        File.Delete(tar);
        Assert.Contains("cannot be read", Fails(), StringComparison.Ordinal);
        File.WriteAllBytes(tar, bytes);
        File.AppendAllText(tar + ".index", "x");
        Assert.Contains("is damaged: found SHA-256", Fails(), StringComparison.Ordinal);
        Assert.Contains("prepared with 32×32", Assert.Throws<DataSetException>(() => Open(folder.Path("set"))).Message, StringComparison.Ordinal);

        string Fails() => Assert.Throws<DataSetException>(() => DataSet.Open(folder.Path("set"), Plain with { Resize = null }, new FeedOptions { Seed = 1, BatchSize = 4 })).Message;
    }

    private List<string> Digests(string name) => [.. Directory.GetFiles(folder.Path(name)).Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}")];

    /// <summary>A picture in double precision, resized by the plain formula: shorter side to N by a triangle filter, central square.</summary>
    private sealed class PlainPicture(int width, int height, float[] values)
    {
        public PlainPicture TurnedRight()
        {
            var turned = new float[values.Length];
            for (var y = 0; y < width; y++)
                for (var x = 0; x < height; x++)
                    for (var c = 0; c < 3; c++) turned[3 * (y * height + x) + c] = values[3 * ((height - 1 - x) * width + y) + c];
            return new PlainPicture(height, width, turned);
        }

        public double[] CentralSquare(int side)
        {
            var (outWidth, outHeight) = width <= height ? (side, side * height / width) : (side * width / height, side);
            var columns = Enumerable.Range((outWidth - side) / 2, side).Select(x => Weights(width, outWidth, x)).ToArray();
            var rows = Enumerable.Range((outHeight - side) / 2, side).Select(y => Weights(height, outHeight, y)).ToArray();
            var lines = new double[side * width * 3];
            for (var y = 0; y < side; y++)
                foreach (var (row, weight) in rows[y])
                    for (var i = 0; i < 3 * width; i++) lines[y * 3 * width + i] += weight * values[row * 3 * width + i];
            var result = new double[3 * side * side];
            for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++)
                    foreach (var (column, weight) in columns[x])
                        for (var c = 0; c < 3; c++) result[3 * (y * side + x) + c] += weight * lines[(y * width + column) * 3 + c];
            return result;
        }

        private static (int Index, double Weight)[] Weights(int from, int to, int at)
        {
            var scale = (double)from / to;
            var reach = Math.Max(1, scale);
            var centre = (at + 0.5) * scale;
            var taps = Enumerable.Range(0, from).Select(i => (Index: i, Weight: 1 - Math.Abs(i + 0.5 - centre) / reach)).Where(t => t.Weight > 0).ToArray();
            var total = taps.Sum(t => t.Weight);
            return [.. taps.Select(t => (t.Index, t.Weight / total))];
        }
    }
}

using System.Globalization;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Data.Tests;

/// <summary>
/// The real ImageNet pictures that the sample's index calls hard (grey, turned by EXIF, 4:2:2, 4:4:0, very small, very large, very wide …), from file to 256×256 square, against pixels that
/// another program computed beforehand (Golden/sample-pixels.py: Pillow's decoder, the resize in double precision).
/// </summary>
public sealed unsafe class HardSampleTests
{
    private const int Side = 256;

    [SkippableFact]
    public void Hard_pictures_have_the_golden_pixels()
    {
        RequireLibraries.TurboJpeg();
        using var files = ImageFiles.Open(Repository.RequireShared("data", "imagenet-sample", "ILSVRC2012_img_train_sample200.tar"));
        var byName = files.Train.Concat(files.Test).ToDictionary(f => Path.GetFileName(f.Name));
        var golden = File.ReadLines(Repository.Path("tests", "AlexNetParallel.Data.Tests", "Golden", "sample-pixels.tsv")).Skip(1).Select(l => l.Split('\t')).ToList();
        Assert.Equal(65, golden.Count);
        using var preparer = new ImagePreparer(Side);
        var planes = new byte[3 * Side * Side];
        var wrong = new List<string>();
        foreach (var row in golden)
        {
            var (name, why) = (row[0], row[1]);
            fixed (byte* to = planes) preparer.Prepare(byName[name], Side, Side, to);
            var differences = row[2].Split(' ').Select(v => int.Parse(v, CultureInfo.InvariantCulture)).Chunk(5)
                .SelectMany(p => Enumerable.Range(0, 3).Select(c => Math.Abs(planes[(c * Side + p[0]) * Side + p[1]] - p[2 + c] / 100.0))).ToList();
            var (mean, most) = (differences.Average(), differences.Max());
            // Ours is rounded to a byte; another version of libjpeg may round a colour otherwise.
            if (mean > 0.5 || most > 3.6) wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{name} ({why}): off by {mean:F2} levels on average, {most:F1} at most"));
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }
}

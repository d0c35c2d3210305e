using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Data.Tests;

/// <summary>Files that trip decoders, and real ImageNet pictures, against reference pixels of libjpeg-turbo 2.1.</summary>
public sealed class HardFilesTests
{
    /// <summary>Values that may differ: other versions of libjpeg-turbo round colours and CMYK otherwise.</summary>
    private const int LargestDifference = 3;

    [SkippableFact]
    public void Every_hard_file_does_what_its_index_says()
    {
        RequireLibraries.TurboJpeg();
        RequireLibraries.Png();
        var folder = Repository.RequireShared("data", "jpeg-hard");
        using var decoder = new ImageDecoder();
        var wrong = new List<string>();
        var checkedFiles = 0;
        foreach (var line in File.ReadLines(Path.Combine(folder, "index.tsv")).Skip(1))
        {
            var columns = line.Split('\t');
            var (name, expect, reference) = (columns[0], columns[1], columns[5]);
            checkedFiles++;
            try
            {
                var picture = decoder.Decode(File.ReadAllBytes(Path.Combine(folder, name)));
                if (expect == "clean_error") wrong.Add($"{name} was decoded to {picture.Width}×{picture.Height}, expected an error");
                else if (reference.Length > 0 && Difference(picture, Path.Combine(folder, reference)) is { } difference) wrong.Add($"{name}: {difference}");
            }
            catch (UndecodableException e)
            {
                if (expect == "ok") wrong.Add($"{name} {e.Message}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(checkedFiles >= 50, $"{checkedFiles} files");
    }

    [SkippableFact]
    public void Exif_orientation_is_read()
    {
        RequireLibraries.TurboJpeg();
        var folder = Repository.RequireShared("data", "jpeg-hard");
        using var decoder = new ImageDecoder();
        for (var orientation = 1; orientation <= 8; orientation++)
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, $"exif_orientation_{orientation}.jpg"));
            Assert.Equal(orientation, JpegMarkers.Read(bytes).Orientation);
            var picture = decoder.Decode(bytes, new DecodeOptions(ApplyOrientation: true));
            Assert.Equal(orientation >= 5 ? (24, 32) : (32, 24), (picture.Width, picture.Height));
            Assert.Equal((picture.Width, picture.Height), (decoder.FullWidth, decoder.FullHeight));
            // Each pixel of the upright picture against the one of the stored picture, which another program decoded, that EXIF says it is.
            var stored = Npy.Read(Path.Combine(folder, $"exif_orientation_{orientation}.rgb.npy"));
            var upright = picture.Bytes;
            for (var y = 0; y < picture.Height; y++)
                for (var x = 0; x < picture.Width; x++)
                {
                    var (right, down) = (picture.Width - 1 - x, picture.Height - 1 - y);
                    var (row, column) = orientation switch { 2 => (y, right), 3 => (down, right), 4 => (down, x), 5 => (x, y), 6 => (right, y), 7 => (right, down), 8 => (x, down), _ => (y, x) };
                    for (var c = 0; c < 3; c++)
                        Assert.InRange(upright[3 * (y * picture.Width + x) + c] - (int)stored.Values[3 * (row * stored.Shape[1] + column) + c], -LargestDifference, LargestDifference);
                }
        }
    }

    [SkippableFact]
    public void Real_pictures_have_the_reference_pixels()
    {
        RequireLibraries.TurboJpeg();
        using var files = ImageFiles.Open(Repository.RequireShared("data", "imagenet-sample", "ILSVRC2012_img_train_sample200.tar"));
        var references = Repository.RequireShared("data", "imagenet-sample", "decoded");
        Assert.Equal(200, files.Classes.Count);
        using var decoder = new ImageDecoder();
        var buffer = Array.Empty<byte>();
        var compared = 0;
        foreach (var file in files.Train.Concat(files.Test))
        {
            var reference = Path.Combine(references, Path.GetFileNameWithoutExtension(file.Name) + ".rgb.npy");
            if (!File.Exists(reference)) continue;
            Assert.Null(Difference(decoder.Decode(file.Bytes.Read(ref buffer)), reference));
            compared++;
        }
        Assert.Equal(11, compared);
    }

    [SkippableFact]
    public void All_real_pictures_have_the_mean_that_is_stated()
    {
        RequireLibraries.TurboJpeg();
        using var files = ImageFiles.Open(Repository.RequireShared("data", "imagenet-sample", "ILSVRC2012_img_train_sample200.tar"));
        var stated = File.ReadLines(Repository.RequireShared("data", "imagenet-sample", "index.tsv")).Skip(1).Select(l => l.Split('\t'))
            .ToDictionary(c => c[0], c => (Width: int.Parse(c[3]), Height: int.Parse(c[4]), Mean: new[] { double.Parse(c[11]), double.Parse(c[12]), double.Parse(c[13]) }));
        using var decoder = new ImageDecoder();
        var buffer = Array.Empty<byte>();
        foreach (var file in files.Train.Concat(files.Test))
        {
            var (width, height, mean) = stated[Path.GetFileName(file.Name)];
            var picture = decoder.Decode(file.Bytes.Read(ref buffer));
            Assert.Equal((width, height), (picture.Width, picture.Height));
            var sums = new long[3];
            var bytes = picture.Bytes;
            for (var i = 0; i < bytes.Length; i++) sums[i % 3] += bytes[i];
            for (var c = 0; c < 3; c++) Assert.InRange((double)sums[c] / (width * height) - mean[c], -0.05, 0.05);
        }
    }

    private static string? Difference(Picture picture, string npy)
    {
        var reference = Npy.Read(npy);
        if (picture.Height != reference.Shape[0] || picture.Width != reference.Shape[1]) return $"{picture.Width}×{picture.Height}, expected {reference.Shape[1]}×{reference.Shape[0]}";
        var worst = 0;
        var bytes = picture.Bytes;
        for (var i = 0; i < bytes.Length; i++) worst = Math.Max(worst, Math.Abs(bytes[i] - (int)reference.Values[i]));
        return worst > LargestDifference ? $"a value differs by {worst}" : null;
    }
}

using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Data.Tests.Support;

namespace AlexNetParallel.Data.Tests;

/// <summary>Resizing against a plain computation in double precision: the same but for the last rounding.</summary>
public sealed unsafe class ResizerTests
{
    [Theory]
    [InlineData(50, 37, 16)]     // down
    [InlineData(37, 50, 16)]
    [InlineData(200, 31, 13)]    // very wide
    [InlineData(11, 64, 32)]     // up
    [InlineData(1, 1, 8)]
    [InlineData(3, 300, 7)]
    [InlineData(64, 64, 64)]
    public void Is_antialiased_bilinear_and_keeps_the_centre(int width, int height, int side)
    {
        var pixels = new byte[3 * width * height];
        new Random(width * height).NextBytes(pixels);
        var got = Resize(pixels, width, height, side);

        var (outWidth, outHeight) = width <= height ? (side, side * height / width) : (side * width / height, side);
        var (left, top) = ((outWidth - side) / 2, (outHeight - side) / 2);
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++)
                {
                    var sum = 0.0;
                    foreach (var (row, rowWeight) in Weights(height, outHeight, top + y))
                        foreach (var (column, weight) in Weights(width, outWidth, left + x)) sum += rowWeight * weight * pixels[3 * (row * width + column) + c];
                    Assert.InRange(got[(c * side + y) * side + x] - sum, -0.501, 0.501);
                }
    }

    [Fact]
    public void The_same_size_is_a_copy()
    {
        var pixels = new byte[3 * 20 * 20];
        new Random(1).NextBytes(pixels);
        var got = Resize(pixels, 20, 20, 20);
        for (var i = 0; i < pixels.Length; i++) Assert.Equal(pixels[i], got[i % 3 * 400 + i / 3]);
    }

    /// <summary>A reduction in the DCT and then a resize is near a resize of the whole: both are smooth averages of the same pixels.</summary>
    [SkippableFact]
    public void Reduced_decoding_gives_nearly_the_same_picture()
    {
        RequireLibraries.TurboJpeg();
        const int width = 403, height = 301, side = 64;
        var pixels = new byte[3 * width * height];
        for (var i = 0; i < width * height; i++)
        {
            var (x, y) = (i % width, i / width);
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)(x / 2), (byte)(y / 2), (byte)(127 + 100 * Math.Sin(x * 0.05) * Math.Cos(y * 0.04)));
        }
        var file = ImageEncoder.Jpeg(pixels, width, height, 98);
        using var decoder = new ImageDecoder();
        Assert.Equal((101, 76), Size(decoder.Decode(file, new DecodeOptions(ShorterSide: side))));
        Assert.Equal((width, height), (decoder.FullWidth, decoder.FullHeight));

        var reduced = new byte[3 * side * side];
        using var preparer = new ImagePreparer(side);
        fixed (byte* planes = reduced) preparer.Prepare(new ImageFile("x", 0, new MemoryBytes(file)), side, side, planes);
        var whole = Resize(decoder.Decode(file).Bytes.ToArray(), width, height, side);
        Assert.InRange(whole.Zip(reduced).Average(p => Math.Abs(p.First - p.Second)), 0, 0.5);
        Assert.InRange(whole.Zip(reduced).Max(p => Math.Abs(p.First - p.Second)), 0, 4);
    }

    private static (int, int) Size(Picture picture) => (picture.Width, picture.Height);

    private static IEnumerable<(int Old, double Weight)> Weights(int oldLength, int newLength, int pixel)
    {
        var scale = (double)oldLength / newLength;
        var support = Math.Max(1, scale);
        var weights = Enumerable.Range(0, oldLength).Select(o => (Old: o, Weight: Math.Max(0, 1 - Math.Abs(o + 0.5 - (pixel + 0.5) * scale) / support))).Where(w => w.Weight > 0).ToList();
        var sum = weights.Sum(w => w.Weight);
        return weights.Select(w => (w.Old, w.Weight / sum));
    }

    private static byte[] Resize(byte[] pixels, int width, int height, int side)
    {
        using var picture = new Picture();
        pixels.CopyTo(new Span<byte>(picture.Resize(width, height), pixels.Length));
        using var resizer = new Resizer();
        var planes = new byte[3 * side * side];
        fixed (byte* to = planes) resizer.CentralSquare(picture, width, height, 1, side, to);
        return planes;
    }
}

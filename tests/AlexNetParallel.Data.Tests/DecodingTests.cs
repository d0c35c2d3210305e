using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Tests.Support;

namespace AlexNetParallel.Data.Tests;

/// <summary>PNG of every kind, round trips, sizes, orientation, what happens without the libraries.</summary>
public sealed class DecodingTests
{
    [SkippableFact]
    public void Png_comes_back_as_it_was_written()
    {
        RequireLibraries.Png();
        var pixels = Noise(37, 23);
        Assert.Equal(pixels, Decode(ImageEncoder.Png(pixels, 37, 23), 37, 23));
    }

    [SkippableFact]
    public void Jpeg_comes_back_nearly_as_it_was_written()
    {
        RequireLibraries.TurboJpeg();
        var pixels = new byte[3 * 40 * 24];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / 3 % 40 * 4 + i % 3 * 20);
        var back = Decode(ImageEncoder.Jpeg(pixels, 40, 24, 100), 40, 24);
        for (var i = 0; i < pixels.Length; i++) Assert.InRange(back[i] - pixels[i], -3, 3);
    }

    [SkippableFact]
    public void Png_of_all_colour_types_become_rgb()
    {
        RequireLibraries.Png();
        Assert.Equal([0, 0, 0, 255, 255, 255, 85, 85, 85], Decode(TestPng.Of(3, 1, 8, 0, [0, 255, 85]), 3, 1));
        Assert.Equal([255, 255, 255, 0, 0, 0, 255, 255, 255], Decode(TestPng.Of(3, 1, 1, 0, [0b1010_0000]), 3, 1));
        Assert.Equal([9, 8, 7, 1, 2, 3], Decode(TestPng.Of(2, 1, 2, 3, [0b0100_0000], [1, 2, 3, 9, 8, 7]), 2, 1));
        // 16 bits without a word about gamma are sRGB: the upper byte, rounded.
        Assert.Equal([0x12, 0x80, 0xFF], Decode(TestPng.Of(1, 1, 16, 2, [0x12, 0x12, 0x80, 0x80, 0xFF, 0xFF]), 1, 1));
        // Opaque stays, transparent shows white, whatever its hidden colour.
        Assert.Equal([10, 20, 30, 255, 255, 255], Decode(TestPng.Of(2, 1, 8, 6, [10, 20, 30, 255, 10, 20, 30, 0]), 2, 1));
        Assert.Equal([77, 77, 77, 255, 255, 255], Decode(TestPng.Of(2, 1, 8, 4, [77, 255, 77, 0]), 2, 1));
    }

    [SkippableFact]
    public void Huge_sizes_are_refused_before_anything_is_allocated()
    {
        RequireLibraries.Png();
        var file = TestPng.Of(1, 1, 8, 0, [0]);
        file[16 + 2] = 0xC3;   // width 50,001; the checksum no longer fits, which libpng may say first
        using var decoder = new ImageDecoder();
        var before = GC.GetTotalAllocatedBytes();
        Assert.Throws<UndecodableException>(() => decoder.Decode(file));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 1 << 20);
        Assert.Contains("million", Assert.Throws<UndecodableException>(() => ImageDecoder.CheckSize(65_500, 65_500)).Message);
        Assert.Throws<UndecodableException>(() => ImageDecoder.CheckSize(0, 10));
    }

    [SkippableFact]
    public void Broken_png_is_an_error_and_the_next_file_is_decoded()
    {
        RequireLibraries.Png();
        var good = ImageEncoder.Png(Noise(16, 16), 16, 16);
        using var decoder = new ImageDecoder();
        for (var cut = 0; cut < good.Length - 12; cut += 7)
        {
            Assert.Throws<UndecodableException>(() => decoder.Decode(good.AsSpan(0, cut)));
        }
        Assert.Equal(16, decoder.Decode(good).Width);
    }

    [Theory]
    [InlineData("47494638", "GIF")]
    [InlineData("", "empty")]
    [InlineData("00010203", "00010203")]
    public void What_is_no_picture_is_said(string hex, string expected)
    {
        using var decoder = new ImageDecoder();
        Assert.Contains(expected, Assert.Throws<UndecodableException>(() => decoder.Decode(Convert.FromHexString(hex))).Message);
    }

    [Fact]
    public unsafe void Orientations_turn_and_mirror()
    {
        // Upright: 3 wide, 2 high: a b c / d e f. Each row below is how a camera that was held so stores it.
        var stored = new Dictionary<int, (int Width, string Pixels)>
        {
            [1] = (3, "abcdef"),
            [2] = (3, "cbafed"),
            [3] = (3, "fedcba"),
            [4] = (3, "defabc"),
            [5] = (2, "adbecf"),
            [6] = (2, "cfbead"),
            [7] = (2, "fcebda"),
            [8] = (2, "daebfc"),
        };
        foreach (var (orientation, (width, pixels)) in stored)
        {
            using var picture = new Picture();
            var at = picture.Resize(width, 6 / width);
            foreach (var c in pixels) (*at++, *at++, *at++) = ((byte)c, (byte)c, (byte)c);
            Orientation.Apply(picture, orientation);
            Assert.Equal(3, picture.Width);
            Assert.Equal("abcdef", string.Concat(picture.Bytes.ToArray().Where((_, i) => i % 3 == 0).Select(b => (char)b)));
        }
    }

    [Fact]
    public void A_missing_library_is_named_with_its_package()
    {
        var error = Assert.Throws<DataSetException>(() => NativeLibraries.Load("libturbojpeg", "libturbojpeg0", "JPEG", ["libno-such-thing.so.0"]));
        Assert.Contains("apt-get install libturbojpeg0", error.Message);
        Assert.Contains("libno-such-thing.so.0", error.Message);
    }

    private static byte[] Noise(int width, int height)
    {
        var pixels = new byte[3 * width * height];
        new Random(3).NextBytes(pixels);
        return pixels;
    }

    private static byte[] Decode(byte[] file, int width, int height)
    {
        using var decoder = new ImageDecoder();
        var picture = decoder.Decode(file);
        Assert.Equal((width, height), (picture.Width, picture.Height));
        return picture.Bytes.ToArray();
    }
}

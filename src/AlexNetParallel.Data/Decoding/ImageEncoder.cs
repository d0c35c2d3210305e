using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Decoding;

/// <summary>Encodes RGB pixels as PNG or JPEG.</summary>
public static unsafe class ImageEncoder
{
    /// <summary>A PNG file, 8 bits, RGB.</summary>
    /// <param name="pixels">(y, x, R G B).</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="DataSetException">libpng is not installed.</exception>
    public static byte[] Png(ReadOnlySpan<byte> pixels, int width, int height)
    {
        Check(pixels, width, height);
        NativeLibraries.Require(NativeLibraries.Png);
        var image = new Libpng.Image { Version = Libpng.Version, Width = (uint)width, Height = (uint)height, Format = Libpng.Rgb };
        // No PNG is larger than its rows stored as they are, with some bytes for chunks and for each 32 KiB of data.
        var file = new byte[height * (3L * width + 1) * 101 / 100 + 4096];
        var size = (nuint)file.Length;
        fixed (byte* source = pixels, destination = file)
        {
            if (Libpng.Write(&image, destination, ref size, 0, source, 3 * width, null) == 0) throw new InvalidOperationException($"libpng could not write: {image.Message}");
        }
        return file[..(int)size];
    }

    /// <summary>A baseline JPEG file without chroma subsampling.</summary>
    /// <param name="pixels">(y, x, R G B).</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="quality">1 to 100.</param>
    /// <exception cref="DataSetException">libturbojpeg is not installed.</exception>
    public static byte[] Jpeg(ReadOnlySpan<byte> pixels, int width, int height, int quality = 95)
    {
        Check(pixels, width, height);
        fixed (byte* source = pixels) return Jpeg(source, width, height, 3, TurboJpeg.Rgb, quality);
    }

    /// <summary>The same of a square whose pixels are words: R in the lowest byte, then G, B.</summary>
    internal static byte[] Jpeg(ReadOnlySpan<uint> pixels, int side, int quality)
    {
        fixed (uint* source = pixels) return Jpeg((byte*)source, side, side, 4, TurboJpeg.Rgbx, quality);
    }

    private static byte[] Jpeg(byte* source, int width, int height, int pixelBytes, int format, int quality)
    {
        NativeLibraries.Require(NativeLibraries.TurboJpeg);
        var handle = TurboJpeg.InitCompress();
        byte* jpeg = null;
        try
        {
            nuint size = 0;
            if (TurboJpeg.Compress(handle, source, width, pixelBytes * width, height, format, &jpeg, ref size, TurboJpeg.FullChroma, quality, 0) != 0)
                throw new InvalidOperationException($"libturbojpeg could not write: {TurboJpeg.Error(handle)}");
            return new Span<byte>(jpeg, (int)size).ToArray();
        }
        finally
        {
            if (jpeg != null) TurboJpeg.Free(jpeg);
            TurboJpeg.Destroy(handle);
        }
    }

    private static void Check(ReadOnlySpan<byte> pixels, int width, int height)
    {
        if (pixels.Length != 3L * width * height) throw new ArgumentException($"{width}×{height} RGB pixels are {3L * width * height} bytes, not {pixels.Length}", nameof(pixels));
    }
}

namespace AlexNetParallel.Data.Decoding;

/// <summary>
/// JPEG by libturbojpeg. Each file has a decompressor of its own: libjpeg keeps quantisation and Huffman tables from one file to the next, so that a file without tables would be decoded with
/// those of whatever came before it.
/// </summary>
internal sealed unsafe class JpegDecoder
{
    private byte[] inks = [];

    /// <summary>Decodes into <paramref name="picture"/>.</summary>
    /// <returns>libjpeg's warning, or null. What it warns about (bytes missing at the end, stray bytes) is decoded as far as it goes, as is the practice with ImageNet.</returns>
    /// <exception cref="UndecodableException">It cannot be decoded.</exception>
    public string? Decode(ReadOnlySpan<byte> file, bool adobe, int shorterSide, Picture picture, out int width, out int height, out int reduction)
    {
        NativeLibraries.Require(NativeLibraries.TurboJpeg);
        var handle = TurboJpeg.InitDecompress();
        try
        {
            fixed (byte* bytes = file)
            {
                if (TurboJpeg.DecompressHeader(handle, bytes, (nuint)file.Length, out width, out height, out _, out var colourSpace) != 0
                    && TurboJpeg.ErrorCode(handle) != TurboJpeg.Warning)
                {
                    throw new UndecodableException($"is not a JPEG that libjpeg reads: {TurboJpeg.Error(handle)}");
                }
                ImageDecoder.CheckSize(width, height);
                reduction = Reduction(Math.Min(width, height), shorterSide);
                var (w, h) = ((width + reduction - 1) / reduction, (height + reduction - 1) / reduction);
                var pixels = picture.Resize(w, h);
                const int cmyk = 3, ycck = 4;   // TJCS_CMYK, TJCS_YCCK
                return colourSpace is cmyk or ycck
                    ? DecodeInks(handle, bytes, file.Length, adobe, pixels, w, h)
                    : Decompress(handle, bytes, file.Length, pixels, w, h, 3, TurboJpeg.Rgb);
            }
        }
        finally
        {
            TurboJpeg.Destroy(handle);
        }
    }

    /// <summary>The largest of 1, 2, 4, 8 (which libjpeg-turbo has fast code for) that leaves <paramref name="wanted"/> pixels.</summary>
    private static int Reduction(int side, int wanted)
    {
        var reduction = 1;
        while (wanted > 0 && reduction < 8 && (side + 2 * reduction - 1) / (2 * reduction) >= wanted) reduction *= 2;
        return reduction;
    }

    private static string? Decompress(nint handle, byte* file, int length, byte* pixels, int width, int height, int channels, int format)
    {
        if (TurboJpeg.Decompress(handle, file, (nuint)length, pixels, width, width * channels, height, format, TurboJpeg.LimitScans) == 0) return null;
        var error = TurboJpeg.Error(handle);
        return TurboJpeg.ErrorCode(handle) == TurboJpeg.Warning ? error : throw new UndecodableException($"is a broken JPEG: {error}");
    }

    private string? DecodeInks(nint handle, byte* file, int length, bool adobe, byte* pixels, int width, int height)
    {
        var count = width * height;
        if (inks.Length < 4L * count) inks = new byte[4L * count];
        fixed (byte* cmyk = inks)
        {
            var warning = Decompress(handle, file, length, cmyk, width, height, 4, TurboJpeg.Cmyk);
            var flip = adobe ? 0 : 255;   // Adobe stores 255 - ink
            for (var i = 0; i < count; i++)
            {
                var k = cmyk[4 * i + 3] ^ flip;
                for (var c = 0; c < 3; c++) pixels[3 * i + c] = (byte)(((cmyk[4 * i + c] ^ flip) * k + 127) / 255);
            }
            return warning;
        }
    }
}

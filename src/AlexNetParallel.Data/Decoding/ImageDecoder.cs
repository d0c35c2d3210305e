namespace AlexNetParallel.Data.Decoding;

/// <summary>A file is no picture that can be decoded; the message is the reason, without the file's name.</summary>
public sealed class UndecodableException(string reason) : Exception(reason);

/// <summary>How a picture is to be decoded.</summary>
/// <param name="ApplyOrientation">Turn the picture as its EXIF orientation says.</param>
/// <param name="ShorterSide">
/// The size wanted: a JPEG may come back smaller than it is stored (by 2, 4 or 8, done in the DCT), with no side below this. 0: as stored.
/// </param>
public readonly record struct DecodeOptions(bool ApplyOrientation = false, int ShorterSide = 0);

/// <summary>
/// Decodes JPEG (libturbojpeg) and PNG (libpng) by what the bytes are, not by the file's name. Grey is made R = G = B; CMYK and YCCK become
/// R = C·K/255 and so on, on values stored inverted as Adobe does; palettes, 16 bits and alpha (over white) of PNG become 8-bit RGB; colour profiles are not
/// applied. Not thread-safe: one for each thread.
/// </summary>
public sealed class ImageDecoder : IDisposable
{
    /// <summary>Pictures with more pixels are refused before anything is allocated for them.</summary>
    public const long MaximumPixels = 100_000_000;

    private static ReadOnlySpan<byte> JpegStart => [0xFF, 0xD8, 0xFF];
    private static ReadOnlySpan<byte> PngStart => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];
    private readonly Picture picture = new();
    private readonly JpegDecoder jpeg = new();

    /// <summary>What libjpeg or libpng complained about in the last picture, though it could be decoded; null if nothing.</summary>
    public string? Warning { get; private set; }

    /// <summary>Width of the last picture as it would be without <see cref="DecodeOptions.ShorterSide"/>.</summary>
    public int FullWidth { get; private set; }

    /// <summary>Height of the last picture as it would be without <see cref="DecodeOptions.ShorterSide"/>.</summary>
    public int FullHeight { get; private set; }

    /// <summary>By how much each side of the last picture was reduced in decoding: 1, 2, 4 or 8.</summary>
    public int Reduction { get; private set; }

    /// <summary>Decodes a file. The picture is the decoder's and is overwritten by the next call.</summary>
    /// <exception cref="UndecodableException">It is broken, too large, or neither JPEG nor PNG.</exception>
    /// <exception cref="DataSetException">The library is not installed.</exception>
    public Picture Decode(ReadOnlySpan<byte> file, DecodeOptions options = default)
    {
        Warning = null;
        var orientation = 1;
        if (file.StartsWith(JpegStart))
        {
            var markers = JpegMarkers.Read(file);
            Warning = jpeg.Decode(file, markers.Adobe, options.ShorterSide, picture, out var width, out var height, out var reduction);
            (FullWidth, FullHeight, Reduction) = (width, height, reduction);
            orientation = markers.Orientation;
        }
        else if (file.StartsWith(PngStart))
        {
            Warning = PngDecoder.Decode(file, picture);
            (FullWidth, FullHeight, Reduction) = (picture.Width, picture.Height, 1);
        }
        else
        {
            throw new UndecodableException($"is neither JPEG nor PNG ({Guess(file)})");
        }
        if (options.ApplyOrientation && orientation != 1)
        {
            Orientation.Apply(picture, orientation);
            if (orientation >= 5) (FullWidth, FullHeight) = (FullHeight, FullWidth);
        }
        return picture;
    }

    /// <inheritdoc/>
    public void Dispose() => picture.Dispose();

    /// <summary>Throws if a picture of this size is not to be decoded.</summary>
    internal static void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1) throw new UndecodableException($"says it has {width}×{height} pixels");
        if (width * height > MaximumPixels) throw new UndecodableException($"says it has {width}×{height} pixels; up to {MaximumPixels / 1_000_000} million are decoded");
    }

    private static string Guess(ReadOnlySpan<byte> file)
    {
        if (file.Length == 0) return "it is empty";
        if (file.StartsWith("GIF8"u8)) return "it is a GIF";
        if (file.StartsWith("RIFF"u8)) return "it may be a WebP";
        if (file.StartsWith("BM"u8)) return "it may be a BMP";
        return $"it begins with the bytes {Convert.ToHexString(file[..Math.Min(4, file.Length)])}";
    }
}

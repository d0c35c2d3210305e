namespace AlexNetParallel.Data.Decoding;

/// <summary>PNG by libpng's simplified API: any bit depth, palette, interlacing; transparent pixels lie over white.</summary>
internal static unsafe class PngDecoder
{
    /// <summary>Decodes into <paramref name="picture"/>.</summary>
    /// <returns>libpng's warning, or null.</returns>
    /// <exception cref="UndecodableException">It cannot be decoded.</exception>
    public static string? Decode(ReadOnlySpan<byte> file, Picture picture)
    {
        NativeLibraries.Require(NativeLibraries.Png);
        var image = new Libpng.Image { Version = Libpng.Version };
        fixed (byte* bytes = file)
        {
            try
            {
                if (Libpng.BeginRead(&image, bytes, (nuint)file.Length) == 0) throw new UndecodableException($"is not a PNG that libpng reads: {image.Message}");
                ImageDecoder.CheckSize(image.Width, image.Height);
                image.Format = Libpng.Rgb;
                image.Flags |= Libpng.SixteenBitsAreSrgb;
                var white = new Libpng.Colour(255, 255, 255);
                var pixels = picture.Resize((int)image.Width, (int)image.Height);
                if (Libpng.FinishRead(&image, &white, pixels, 3 * (int)image.Width, null) == 0) throw new UndecodableException($"is a broken PNG: {image.Message}");
                return image.WarningOrError != 0 ? image.Message : null;
            }
            finally
            {
                Libpng.Free(&image);
            }
        }
    }
}

namespace AlexNetParallel.Data.Decoding;

/// <summary>Turns a picture as EXIF's orientation says (Exif 2.3, 4.6.4: which side of the picture row 0 and column 0 of the file are).</summary>
internal static unsafe class Orientation
{
    /// <summary>Turns in place; <paramref name="orientation"/> 1 to 8.</summary>
    public static void Apply(Picture picture, int orientation)
    {
        var (w, h) = (picture.Width, picture.Height);
        var stored = picture.Bytes.ToArray();
        var turned = orientation >= 5;
        var pixels = picture.Resize(turned ? h : w, turned ? w : h);
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                // Where the upright picture's (x, y) lies in the file.
                var (sx, sy) = orientation switch
                {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    8 => (w - 1 - y, x),
                    _ => (x, y),
                };
                stored.AsSpan(3 * (sy * w + sx), 3).CopyTo(new Span<byte>(pixels, 3));
                pixels += 3;
            }
        }
    }
}

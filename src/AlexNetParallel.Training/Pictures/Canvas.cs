using AlexNetParallel.Data.Decoding;

namespace AlexNetParallel.Training.Pictures;

/// <summary>A colour, 8 bits each.</summary>
public readonly record struct Colour(byte Red, byte Green, byte Blue)
{
    /// <summary>Black.</summary>
    public static Colour Black => new(0, 0, 0);

    /// <summary>White.</summary>
    public static Colour White => new(255, 255, 255);

    /// <summary>For lines of a grid.</summary>
    public static Colour Grey => new(200, 200, 200);

    /// <summary>Colours of bars and lines that are told apart by people with common colour blindness too (Okabe and Ito, 2008).</summary>
    public static IReadOnlyList<Colour> Series { get; } = [new(0, 0, 0), new(213, 94, 0), new(0, 114, 178), new(0, 158, 115), new(204, 121, 167), new(230, 159, 0)];
}

/// <summary>Pixels to draw on, saved as PNG. What lies outside is not drawn.</summary>
public sealed class Canvas
{
    private readonly byte[] pixels;

    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    public Canvas(int width, int height)
    {
        (Width, Height) = (width, height);
        pixels = new byte[3L * width * height];
        pixels.AsSpan().Fill(255);
    }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>(y, x, R G B).</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>Sets one pixel.</summary>
    public void Set(int x, int y, Colour colour)
    {
        if (x < 0 || y < 0 || x >= Width || y >= Height) return;
        var at = 3 * (y * Width + x);
        (pixels[at], pixels[at + 1], pixels[at + 2]) = (colour.Red, colour.Green, colour.Blue);
    }

    /// <summary>Fills a rectangle.</summary>
    public void Fill(int x, int y, int width, int height, Colour colour)
    {
        for (var j = 0; j < height; j++)
            for (var i = 0; i < width; i++) Set(x + i, y + j, colour);
    }

    /// <summary>Draws a straight line of one pixel, or of <paramref name="thickness"/>.</summary>
    public void Line(double x0, double y0, double x1, double y1, Colour colour, int thickness = 1)
    {
        var steps = (int)Math.Max(1, Math.Ceiling(Math.Max(Math.Abs(x1 - x0), Math.Abs(y1 - y0))));
        for (var i = 0; i <= steps; i++)
        {
            var t = (double)i / steps;
            Fill((int)Math.Round(x0 + t * (x1 - x0)) - thickness / 2, (int)Math.Round(y0 + t * (y1 - y0)) - thickness / 2, thickness, thickness, colour);
        }
    }

    /// <summary>Draws an image, each of its pixels as a square.</summary>
    /// <param name="image">(y, x, R G B).</param>
    /// <param name="imageWidth">Pixels of a row of it.</param>
    /// <param name="imageHeight">Rows of it.</param>
    /// <param name="x">Left.</param>
    /// <param name="y">Top.</param>
    /// <param name="scale">Side of a square, at least 1.</param>
    public void Draw(ReadOnlySpan<byte> image, int imageWidth, int imageHeight, int x, int y, int scale = 1)
    {
        for (var j = 0; j < imageHeight; j++)
            for (var i = 0; i < imageWidth; i++)
            {
                var at = 3 * (j * imageWidth + i);
                Fill(x + i * scale, y + j * scale, scale, scale, new Colour(image[at], image[at + 1], image[at + 2]));
            }
    }

    /// <summary>Draws an image smaller: each pixel the mean of a box of <paramref name="factor"/>².</summary>
    public void DrawReduced(ReadOnlySpan<byte> image, int imageWidth, int imageHeight, int x, int y, int factor)
    {
        for (var j = 0; j < imageHeight / factor; j++)
            for (var i = 0; i < imageWidth / factor; i++)
            {
                int r = 0, g = 0, b = 0;
                for (var v = 0; v < factor; v++)
                    for (var u = 0; u < factor; u++)
                    {
                        var at = 3 * ((j * factor + v) * imageWidth + i * factor + u);
                        (r, g, b) = (r + image[at], g + image[at + 1], b + image[at + 2]);
                    }
                var n = factor * factor;
                Set(x + i, y + j, new Colour((byte)(r / n), (byte)(g / n), (byte)(b / n)));
            }
    }

    /// <summary>Writes text in <see cref="Font"/>.</summary>
    /// <returns>Where the next letter would begin.</returns>
    public int Text(string text, int x, int y, Colour colour, int scale = 1)
    {
        foreach (var letter in text)
        {
            var rows = Font.Rows(letter);
            for (var j = 0; j < Font.Height; j++)
                for (var i = 0; i < Font.Width; i++)
                    if ((rows[j] >> (Font.Width - 1 - i) & 1) != 0) Fill(x + i * scale, y + j * scale, scale, scale, colour);
            x += Font.Advance * scale;
        }
        return x;
    }

    /// <summary>A PNG file.</summary>
    /// <exception cref="Data.DataSetException">libpng is not installed.</exception>
    public byte[] Png() => ImageEncoder.Png(pixels, Width, Height);

    /// <summary>Writes a PNG file, its folder made if need be.</summary>
    public void Save(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        File.WriteAllBytes(path, Png());
    }
}

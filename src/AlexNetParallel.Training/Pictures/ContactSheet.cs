using AlexNetParallel.Data;

namespace AlexNetParallel.Training.Pictures;

/// <summary>Images in rows, such as a query with those that are most like it (the paper's figure 4, right).</summary>
/// <param name="imageWidth">Width of an image.</param>
/// <param name="imageHeight">Height of an image.</param>
public sealed class ContactSheet(int imageWidth, int imageHeight)
{
    private const int Gap = 4, Large = 112;
    private readonly List<(string Title, List<(byte[] Pixels, string Words)> Images)> rows = [];

    // Small images are shown twice or more as large, large ones reduced.
    private int Scale => Math.Max(1, 64 / imageWidth);
    private int Reduction => Math.Max(1, (imageWidth + Large - 1) / Large);
    private int CellWidth => (imageWidth > Large ? imageWidth / Reduction : imageWidth * Scale) + Gap;
    private int CellHeight => (imageWidth > Large ? imageHeight / Reduction : imageHeight * Scale) + Font.Height + 2 * Gap;

    /// <summary>Begins a row.</summary>
    public void Row(string title) => rows.Add((title, []));

    /// <summary>Adds an image to the last row.</summary>
    /// <param name="pixels">(y, x, R G B).</param>
    /// <param name="words">Stand below it, as many letters as fit.</param>
    public void Add(byte[] pixels, string words) => rows[^1].Images.Add((pixels, words));

    /// <summary>Draws all.</summary>
    public Canvas Draw()
    {
        const int title = Font.Height + 2 * Gap;
        var canvas = new Canvas(Gap + Math.Max(200, CellWidth * rows.Max(r => r.Images.Count)), Gap + rows.Count * (CellHeight + title));
        var y = Gap;
        foreach (var row in rows)
        {
            canvas.Text(row.Title, Gap, y, Colour.Black);
            y += title - Gap;
            for (var i = 0; i < row.Images.Count; i++)
            {
                var (pixels, words) = row.Images[i];
                var x = Gap + i * CellWidth;
                if (imageWidth > Large) canvas.DrawReduced(pixels, imageWidth, imageHeight, x, y, Reduction);
                else canvas.Draw(pixels, imageWidth, imageHeight, x, y, Scale);
                canvas.Text(words.Length * Font.Advance <= CellWidth ? words : words[..(CellWidth / Font.Advance)], x, y + CellHeight - Font.Height - Gap, Colour.Black);
            }
            y += CellHeight + Gap;
        }
        return canvas;
    }
}

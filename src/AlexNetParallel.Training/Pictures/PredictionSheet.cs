using System.Globalization;

namespace AlexNetParallel.Training.Pictures;

/// <summary>Images with their five most probable classes as bars, the right one marked: the paper's figure 4, left.</summary>
/// <param name="imageWidth">Width of an image.</param>
/// <param name="imageHeight">Height of an image.</param>
public sealed class PredictionSheet(int imageWidth, int imageHeight)
{
    private const int Columns = 4, CellWidth = 176, BarHeight = 13, Shown = 128, Margin = 8;
    private static readonly Colour right = new(255, 150, 180), other = new(150, 180, 255);
    private readonly List<(byte[] Pixels, string Label, IReadOnlyList<(string Name, float Probability, bool Right)> Guesses)> cells = [];

    /// <summary>Adds an image.</summary>
    /// <param name="pixels">(y, x, R G B).</param>
    /// <param name="label">Name of the right class.</param>
    /// <param name="guesses">Most probable first.</param>
    public void Add(byte[] pixels, string label, IReadOnlyList<(string Name, float Probability, bool Right)> guesses) => cells.Add((pixels, label, guesses));

    /// <summary>Draws all, four in a row.</summary>
    public Canvas Draw()
    {
        var guesses = cells.Max(c => c.Guesses.Count);
        var cellHeight = Margin + Shown + 4 + 12 + guesses * (BarHeight + 2) + Margin;
        var canvas = new Canvas(Margin + Math.Min(Columns, cells.Count) * CellWidth, (cells.Count + Columns - 1) / Columns * cellHeight);
        foreach (var (i, cell) in cells.Index())
        {
            var (x, y) = (Margin + i % Columns * CellWidth, Margin + i / Columns * cellHeight);
            var left = x + (CellWidth - Margin - Shown) / 2;
            if (imageWidth >= Shown) canvas.DrawReduced(cell.Pixels, imageWidth, imageHeight, left, y, (imageWidth + Shown - 1) / Shown);
            else canvas.Draw(cell.Pixels, imageWidth, imageHeight, left, y, Shown / imageWidth);
            y += Shown + 4;
            canvas.Text(Short(cell.Label), x, y, Colour.Black);
            y += 12;
            foreach (var (name, p, isRight) in cell.Guesses)
            {
                canvas.Fill(x, y, Math.Max(1, (int)Math.Round(p * (CellWidth - Margin))), BarHeight, isRight ? right : other);
                canvas.Text(string.Create(CultureInfo.InvariantCulture, $"{100 * p,3:F0}% {Short(name)}"), x + 2, y + 3, Colour.Black);
                y += BarHeight + 2;
            }
        }
        return canvas;
    }

    private static string Short(string name) => name.Length <= 22 ? name : name[..22];
}

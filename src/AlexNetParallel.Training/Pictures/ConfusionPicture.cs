using System.Globalization;

namespace AlexNetParallel.Training.Pictures;

/// <summary>How often each class (row) was taken for each (column), as a part of the row; darker is more.</summary>
public static class ConfusionPicture
{
    private const int MostNamed = 40;

    /// <summary>Draws it; with names and percentages where there are few classes.</summary>
    /// <param name="counts">[label, first guess].</param>
    /// <param name="names">Of the classes.</param>
    public static Canvas Draw(int[,] counts, IReadOnlyList<string> names)
    {
        var classes = counts.GetLength(0);
        var named = classes <= MostNamed;
        var longest = named ? names.Take(classes).Max(n => Math.Min(20, n.Length)) : 0;
        var cell = named ? Math.Max(22, 600 / classes) : Math.Max(1, 1000 / classes);
        var (left, top) = (longest * Font.Advance + 12, 22);
        var canvas = new Canvas(left + classes * cell + (named ? cell : 8), top + classes * cell + (named ? 34 : 12));
        canvas.Text("rows: right class, columns: first guess, % of the row", 8, 6, Colour.Black);
        for (var label = 0; label < classes; label++)
        {
            var all = Enumerable.Range(0, classes).Sum(c => counts[label, c]);
            if (named) canvas.Text(Short(names[label]), 8, top + label * cell + cell / 2 - 3, Colour.Black);
            for (var guess = 0; guess < classes; guess++)
            {
                var part = all == 0 ? 0 : (double)counts[label, guess] / all;
                var dark = (byte)(255 - 225 * Math.Sqrt(part));
                canvas.Fill(left + guess * cell, top + label * cell, cell - (named ? 1 : 0), cell - (named ? 1 : 0), label == guess ? new Colour(dark, 255, dark) : new Colour(255, dark, dark));
                if (named && counts[label, guess] > 0)
                    canvas.Text((100 * part).ToString("F0", CultureInfo.InvariantCulture), left + guess * cell + 3, top + label * cell + cell / 2 - 3, Colour.Black);
            }
        }
        // Names below the columns stand in two lines in turn: each has room for twice a cell.
        for (var guess = 0; named && guess < classes; guess++)
        {
            var name = names[guess][..Math.Min(names[guess].Length, (2 * cell - 6) / Font.Advance)];
            canvas.Text(name, left + guess * cell, top + classes * cell + 5 + guess % 2 * 13, Colour.Black);
        }
        return canvas;
    }

    private static string Short(string name) => name.Length <= 20 ? name : name[..20];
}

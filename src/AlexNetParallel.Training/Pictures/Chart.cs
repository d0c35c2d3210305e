using System.Globalization;

namespace AlexNetParallel.Training.Pictures;

/// <summary>A line of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">Ascending x.</param>
/// <param name="Series">Number of its colour.</param>
/// <param name="Thick">Drawn with two pixels.</param>
public sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points, int Series, bool Thick = false);

/// <summary>A chart of lines with axes and a legend.</summary>
/// <param name="title">Above it.</param>
/// <param name="xName">Below it.</param>
/// <param name="lines">At least one point in all.</param>
public sealed class Chart(string title, string xName, IReadOnlyList<ChartLine> lines)
{
    private const int Left = 52, Right = 12, Top = 22, Bottom = 34;

    /// <summary>The lowest y of the axis; null for what the lines need.</summary>
    public double? Least { get; init; }

    /// <summary>The highest y of the axis; null for what the lines need.</summary>
    public double? Most { get; init; }

    /// <summary>A level to mark with a dotted line, such as 25 % error; null for none.</summary>
    public double? Mark { get; init; }

    /// <summary>Draws it.</summary>
    /// <param name="canvas">Where.</param>
    /// <param name="x">Left.</param>
    /// <param name="y">Top.</param>
    /// <param name="width">Of all, words included.</param>
    /// <param name="height">Of all.</param>
    public void Draw(Canvas canvas, int x, int y, int width, int height)
    {
        var points = lines.SelectMany(l => l.Points).Where(p => double.IsFinite(p.Y)).ToList();
        canvas.Text(title, x + Left, y + 6, Colour.Black);
        if (points.Count == 0)
        {
            canvas.Text("nothing yet", x + Left, y + height / 2, Colour.Black);
            return;
        }
        var (x0, x1) = (Math.Min(0, points.Min(p => p.X)), points.Max(p => p.X));
        var (y0, y1) = (Least ?? points.Min(p => p.Y), Most ?? points.Max(p => p.Y));
        if (Mark is { } m) y1 = Math.Max(y1, m * 1.1);
        if (x1 <= x0) x1 = x0 + 1;
        if (y1 <= y0) y1 = y0 + 1;
        var (plotWidth, plotHeight) = (width - Left - Right, height - Top - Bottom);
        double Px(double v) => x + Left + (v - x0) / (x1 - x0) * plotWidth;
        double Py(double v) => y + Top + plotHeight - (Math.Clamp(v, y0, y1) - y0) / (y1 - y0) * plotHeight;

        foreach (var tick in Ticks(y0, y1))
        {
            canvas.Line(x + Left, Py(tick), x + Left + plotWidth, Py(tick), Colour.Grey);
            var label = Number(tick);
            canvas.Text(label, x + Left - 6 - label.Length * Font.Advance, (int)Py(tick) - 3, Colour.Black);
        }
        foreach (var tick in Ticks(x0, x1))
        {
            canvas.Line(Px(tick), y + Top, Px(tick), y + Top + plotHeight, Colour.Grey);
            var label = Number(tick);
            canvas.Text(label, (int)Px(tick) - label.Length * Font.Advance / 2, y + Top + plotHeight + 6, Colour.Black);
        }
        canvas.Text(xName, x + Left + plotWidth / 2 - xName.Length * Font.Advance / 2, y + height - 12, Colour.Black);
        if (Mark is { } mark) for (var at = 0; at < plotWidth; at += 6) canvas.Fill(x + Left + at, (int)Py(mark), 3, 1, Colour.Black);
        foreach (var line in lines)
            foreach (var (from, to) in line.Points.Zip(line.Points.Skip(1)))
                if (double.IsFinite(from.Y) && double.IsFinite(to.Y)) canvas.Line(Px(from.X), Py(from.Y), Px(to.X), Py(to.Y), Colour.Series[line.Series % Colour.Series.Count], line.Thick ? 2 : 1);
        Legend(canvas, x + Left + plotWidth, y + Top + 6);
    }

    private void Legend(Canvas canvas, int right, int top)
    {
        foreach (var line in lines.DistinctBy(l => l.Name))
        {
            var left = right - 8 - line.Name.Length * Font.Advance;
            canvas.Fill(left - 26, top - 3, right - left + 24, Font.Height + 5, Colour.White);
            canvas.Line(left - 22, top + 3, left - 6, top + 3, Colour.Series[line.Series % Colour.Series.Count], line.Thick ? 2 : 1);
            canvas.Text(line.Name, left, top, Colour.Black);
            top += Font.Height + 5;
        }
    }

    // About five round numbers.
    private static IEnumerable<double> Ticks(double from, double to)
    {
        var rough = (to - from) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
        for (var tick = Math.Ceiling(from / step - 1e-9) * step; tick <= to + step * 1e-9; tick += step) yield return Math.Abs(tick) < step * 1e-9 ? 0 : tick;
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}

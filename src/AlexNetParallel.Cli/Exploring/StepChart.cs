using System.Globalization;
using System.Security;
using System.Text;
using AlexNetParallel.Cli.Output;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>A bar for each partition and transport: the busiest worker's compute, its waiting, and the rest of the step, stacked, in an SVG file.</summary>
internal static class StepChart
{
    private const int BarHeight = 22, Gap = 10, Left = 220, Width = 560, Top = 64;

    public static void Write(string file, string title, IReadOnlyList<ExploreRow> rows)
    {
        var longest = rows.Max(r => Math.Max(r.Forecast.Seconds, r.MeasuredSeconds ?? 0));
        var height = Top + rows.Count * (BarHeight + Gap) + 40;
        var svg = new StringBuilder();
        void Add(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        double X(double seconds) => Left + Width * seconds / longest;
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Left + Width + 120}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Add($"<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        Add($"<text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{SecurityElement.Escape(title)}</text>");
        (string Name, string Colour)[] legend = [("compute", "#4472a8"), ("sending and waiting", "#d98b2b"), ("rest", "#c8c8c8"), ("measured step", "#b02020")];
        foreach (var (i, (name, colour)) in legend.Index())
        {
            Add($"<rect x=\"{Left + i * 150}\" y=\"36\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
            Add($"<text x=\"{Left + i * 150 + 18}\" y=\"47\">{name}</text>");
        }
        for (var i = 0; i < rows.Count; i++)
        {
            var (row, y) = (rows[i], Top + i * (BarHeight + Gap));
            var rank = Enumerable.Range(0, row.Workers).MaxBy(w => row.Forecast.ComputeSeconds[w] + row.Forecast.WaitSeconds[w]);
            var (compute, wait) = (row.Forecast.ComputeSeconds[rank], row.Forecast.WaitSeconds[rank]);
            Add($"<text x=\"{Left - 8}\" y=\"{y + 16}\" text-anchor=\"end\">{SecurityElement.Escape(row.Forecast.Bytes == 0 ? row.Partition : $"{row.Partition}, {row.Transport}")}</text>");
            Add($"<rect x=\"{Left}\" y=\"{y}\" width=\"{X(compute) - Left:F1}\" height=\"{BarHeight}\" fill=\"#4472a8\"/>");
            Add($"<rect x=\"{X(compute):F1}\" y=\"{y}\" width=\"{X(wait) - Left:F1}\" height=\"{BarHeight}\" fill=\"#d98b2b\"/>");
            Add($"<rect x=\"{X(compute + wait):F1}\" y=\"{y}\" width=\"{Math.Max(0, X(row.Forecast.Seconds) - X(compute + wait)):F1}\" height=\"{BarHeight}\" fill=\"#c8c8c8\"/>");
            if (row.MeasuredSeconds is { } measured) Add($"<rect x=\"{X(measured) - 1:F1}\" y=\"{y - 3}\" width=\"3\" height=\"{BarHeight + 6}\" fill=\"#b02020\"/>");
            Add($"<text x=\"{X(Math.Max(row.Forecast.Seconds, row.MeasuredSeconds ?? 0)) + 8:F1}\" y=\"{y + 16}\">{Units.Seconds(row.Forecast.Seconds)}</text>");
        }
        Add($"<text x=\"{Left}\" y=\"{height - 14}\" fill=\"#606060\">time of one training step; the whole width is {Units.Seconds(longest)}</text>");
        svg.Append("</svg>\n");
        File.WriteAllText(file, svg.ToString());
    }
}

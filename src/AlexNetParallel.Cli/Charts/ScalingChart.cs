using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace AlexNetParallel.Cli.Charts;

/// <summary>Images a second over the number of workers: a line for each partition, and the line of those that lose nothing.</summary>
internal static class ScalingChart
{
    /// <param name="file">Where to.</param>
    /// <param name="title">Above it.</param>
    /// <param name="lines">By partition: workers and images a second.</param>
    /// <param name="single">Images a second of one worker.</param>
    public static void Write(string file, string title, IReadOnlyList<(string Name, IReadOnlyList<(int Workers, double Rate)> Points)> lines, double single)
    {
        var model = ChartFile.Empty(title);
        var most = lines.Max(l => l.Points.Max(p => p.Workers));
        var grid = OxyColor.FromRgb(0xe4, 0xe4, 0xe4);
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = "workers", AxisTitleDistance = 8, Base = 2, Minimum = 1, Maximum = most, MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = grid, MinorTickSize = 0 });
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Left, Title = "images a second", AxisTitleDistance = 8, MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = grid });
        var ideal = new LineSeries { Title = "one worker × workers", Color = OxyColors.Gray, LineStyle = LineStyle.Dash };
        ideal.Points.AddRange([new DataPoint(1, single), new DataPoint(most, most * single)]);
        model.Series.Add(ideal);
        MarkerType[] marks = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];
        foreach (var (i, (name, points)) in lines.Index())
        {
            var line = new LineSeries { Title = name, Color = ChartFile.Colours[i % ChartFile.Colours.Count], MarkerType = marks[i % marks.Length], MarkerSize = 4, StrokeThickness = 2 };
            line.Points.AddRange(points.Select(p => new DataPoint(p.Workers, p.Rate)));
            model.Series.Add(line);
        }
        ChartFile.Write(file, model, 760, 520);
    }
}

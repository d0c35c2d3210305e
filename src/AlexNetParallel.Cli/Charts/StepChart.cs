using AlexNetParallel.Cli.Exploring;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Series;

namespace AlexNetParallel.Cli.Charts;

/// <summary>A bar for each partition and transport: the busiest worker's compute, its sending and waiting, and the rest of the step, stacked; a mark where the measured step ends.</summary>
internal static class StepChart
{
    public static void Write(string file, string title, IReadOnlyList<ExploreRow> rows)
    {
        var model = ChartFile.Empty(title);
        var longest = rows.Max(r => Math.Max(r.Forecast.Seconds, r.MeasuredSeconds ?? 0));
        var (unit, scale) = longest < 1 ? ("ms", 1e3) : ("s", 1.0);
        model.Axes.Add(ChartFile.Categories("row", rows.Select(r => r.Forecast.Bytes == 0 ? r.Partition : $"{r.Partition}, {r.Transport}")));
        model.Axes.Add(ChartFile.Values("time", $"time of one training step, {unit}"));
        var parts = rows.Select(r =>
        {
            var rank = Enumerable.Range(0, r.Workers).MaxBy(w => r.Forecast.ComputeSeconds[w] + r.Forecast.WaitSeconds[w]);
            return (Compute: r.Forecast.ComputeSeconds[rank], Wait: r.Forecast.WaitSeconds[rank]);
        }).ToList();
        model.Series.Add(ChartFile.Bars("compute", ChartFile.Colours[0], "row", "time", parts.Select(p => scale * p.Compute), stacked: true, label: null));
        model.Series.Add(ChartFile.Bars("sending and waiting", ChartFile.Colours[1], "row", "time", parts.Select(p => scale * p.Wait), stacked: true, label: null));
        model.Series.Add(ChartFile.Bars("the rest", OxyColors.Silver, "row", "time", rows.Select((r, i) => scale * Math.Max(0, r.Forecast.Seconds - parts[i].Compute - parts[i].Wait)), stacked: true, label: null));
        foreach (var (i, r) in rows.Index())
            model.Annotations.Add(new TextAnnotation
            {
                Text = $"{scale * r.Forecast.Seconds:G3} {unit}",
                TextPosition = new DataPoint(scale * Math.Max(r.Forecast.Seconds, r.MeasuredSeconds ?? 0) + 0.012 * scale * longest, i),
                TextHorizontalAlignment = HorizontalAlignment.Left,
                TextVerticalAlignment = VerticalAlignment.Middle,
                StrokeThickness = 0,
                XAxisKey = "time",
                YAxisKey = "row",
                FontSize = 11,
            });
        if (rows.Any(r => r.MeasuredSeconds is not null))
        {
            // A stroke from above the bar to below it.
            var marks = new ScatterSeries
            {
                Title = "measured",
                XAxisKey = "time",
                YAxisKey = "row",
                MarkerType = MarkerType.Custom,
                MarkerOutline = [new ScreenPoint(-0.15, -1), new ScreenPoint(0.15, -1), new ScreenPoint(0.15, 1), new ScreenPoint(-0.15, 1)],
                MarkerSize = 10,
                MarkerFill = ChartFile.Colours[3],
            };
            marks.Points.AddRange(rows.Index().Where(r => r.Item.MeasuredSeconds is not null).Select(r => new ScatterPoint(scale * r.Item.MeasuredSeconds!.Value, r.Index)));
            model.Series.Add(marks);
        }
        ChartFile.Write(file, model, 860, 130 + 34 * rows.Count);
    }
}

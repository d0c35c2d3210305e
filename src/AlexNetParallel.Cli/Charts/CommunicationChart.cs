using AlexNetParallel.Training.Benchmarks;

namespace AlexNetParallel.Cli.Charts;

/// <summary>For each exchange the bytes, the time by itself over each transport, and what of it training steps did not hide, side by side.</summary>
internal static class CommunicationChart
{
    public static void Write(string file, string title, IReadOnlyList<ExchangeReport> reports)
    {
        var model = ChartFile.Empty(title);
        IReadOnlyList<ExchangeCost> Rows(ExchangeReport r) => [.. r.Rows.SkipLast(1)];
        var names = Rows(reports[0]).Select(r => $"{r.Layer} {r.Direction}").ToList();
        var inSteps = reports[0].StepSeconds is not null;
        (double Start, double End)[] parts = inSteps ? [(0, 0.31), (0.345, 0.655), (0.69, 1)] : [(0, 0.48), (0.52, 1)];
        // Bars of one panel must not stand in line with those of another: each panel has categories of its own, of which the first are shown.
        foreach (var i in Enumerable.Range(0, parts.Length)) model.Axes.Add(ChartFile.Categories($"rows{i}", names, visible: i == 0));
        model.Axes.Add(ChartFile.Values("bytes", "payload that a worker sends in a step, MB", parts[0].Start, parts[0].End));
        model.Axes.Add(ChartFile.Values("alone", "time by itself, ms (median)", parts[1].Start, parts[1].End));
        if (inSteps) model.Axes.Add(ChartFile.Values("exposed", "not hidden in a training step, ms", parts[2].Start, parts[2].End));
        model.Series.Add(ChartFile.Bars("payload", ChartFile.Colours[5], "rows0", "bytes", Rows(reports[0]).Select(r => r.Bytes / 1e6)));
        foreach (var (i, report) in reports.Index())
        {
            var colour = ChartFile.Colours[i % (ChartFile.Colours.Count - 1)];
            model.Series.Add(ChartFile.Bars(report.Transport, colour, "rows1", "alone", Rows(report).Select(r => 1e3 * r.SecondsP50)));
            if (inSteps) model.Series.Add(ChartFile.Bars(null, colour, "rows2", "exposed", Rows(report).Select(r => 1e3 * (r.ExposedSeconds ?? 0))));
        }
        ChartFile.Write(file, model, inSteps ? 1240 : 960, 140 + names.Count * (14 + 15 * reports.Count));
    }
}

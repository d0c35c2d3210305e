using System.Globalization;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Output;

/// <summary>What stands at the end of a run.</summary>
internal static class RunSummary
{
    public static void Print(ResultWriter results, RunStarted start, RunDone done, CheckpointDone? checkpoint, RunFolder folder)
    {
        if (done.Exchanges.Count > 0)
        {
            results.Table("Communication by layer, for one training step", ["layer", "direction", "transport", ">bytes a worker", ">overhead", ">waiting", ">of the step"],
            [
                .. done.Exchanges.Select(e => (IReadOnlyList<string>)
                    [e.Layer, e.Direction, e.Transport, Units.Count(e.Bytes), Units.Count(e.OverheadBytes), Units.Seconds(e.ExposedSeconds), Percent(e.ShareOfStep)]),
                ["all", "", start.Transport, Units.Count(done.Exchanges.Sum(e => e.Bytes)), Units.Count(done.Exchanges.Sum(e => e.OverheadBytes)),
                    Units.Seconds(done.Exchanges.Sum(e => e.ExposedSeconds)), Percent(done.Exchanges.Sum(e => e.ShareOfStep))],
            ]);
        }
        else
        {
            results.Line("Nothing crossed between workers.\n");
        }
        results.Line($"{Units.Count(done.Step)} steps in {Units.Seconds(done.Seconds)}, {Progress.Rate(done.ImagesPerSecond)} images/s; "
            + $"peak memory of the workers: {string.Join(", ", done.Memory.Select(m => Units.Bytes(m.PeakBytes)))}");
        results.Line();
        results.Line($"recipe       {Shown(folder.Recipe)}");
        results.Line($"metrics      {Shown(folder.Metrics)}");
        if (checkpoint is not null) results.Line($"checkpoint   {Shown(checkpoint.Folder)}");
        if (done.WeightsSha256 is { } hash) results.Line($"weights      sha256 {hash}");
    }

    private static string Shown(string path) => Path.GetRelativePath(Environment.CurrentDirectory, path);

    private static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");
}

using System.Text.Json;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Pictures;

/// <summary>What a run's metrics.jsonl tells of its course: training means of equal stretches, and tests.</summary>
/// <param name="Name">Name of the run's folder.</param>
/// <param name="Train">(epochs, loss, top-1 error): the means of a stretch, at its end.</param>
/// <param name="Test">(epochs, loss, top-1 error).</param>
public sealed record RunCurves(string Name, IReadOnlyList<(double Epochs, double Loss, double Error)> Train, IReadOnlyList<(double Epochs, double Loss, double Error)> Test)
{
    private const int Stretches = 200;

    /// <summary>Reads a run's course. Lines of a run that was killed in the midst of one are passed over.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static RunCurves Read(RunFolder folder)
    {
        if (!File.Exists(folder.Metrics)) throw new FileNotFoundException($"found no {folder.Metrics}; expected the folder of a run", folder.Metrics);
        var stepsPerEpoch = 1.0;
        List<(long Step, double Loss, double Error)> steps = [], tests = [];
        foreach (var line in File.ReadLines(folder.Metrics))
        {
            if (JsonLine.StepOf(line) is not { } step)
            {
                if (Start(line) is { } perEpoch) stepsPerEpoch = perEpoch;
                continue;
            }
            using var document = JsonDocument.Parse(line);
            var e = document.RootElement;
            var kind = e.GetProperty("event").GetString();
            if (kind is not ("step" or "test")) continue;
            (kind == "step" ? steps : tests).Add((step, Number(e, "loss"), Number(e, "top1_error")));
        }
        var length = Math.Max(1, (steps.Count + Stretches - 1) / Stretches);
        return new RunCurves(Path.GetFileName(folder.Path),
            [.. steps.Chunk(length).Select(c => (c[^1].Step / stepsPerEpoch, c.Average(s => s.Loss), c.Average(s => s.Error)))],
            [.. tests.Select(t => (t.Step / stepsPerEpoch, t.Loss, t.Error))]);
    }

    /// <summary>Loss and top-1 error of one run, or of several in one picture. Thin lines: training, means of stretches; thick lines: tests.</summary>
    public static Canvas Draw(IReadOnlyList<RunCurves> runs)
    {
        const int width = 470, height = 330;
        var canvas = new Canvas(2 * width, height);
        new Chart("loss, nats", "epochs", Lines(runs, p => p.Loss)) { Least = 0 }.Draw(canvas, 0, 0, width, height);
        new Chart("top-1 error, %", "epochs", Lines(runs, p => 100 * p.Error)) { Least = 0 }.Draw(canvas, width, 0, width, height);
        return canvas;
    }

    private static List<ChartLine> Lines(IReadOnlyList<RunCurves> runs, Func<(double Epochs, double Loss, double Error), double> value) =>
    [
        .. runs.SelectMany((run, i) => (IEnumerable<ChartLine>)
        [
            new ChartLine($"{(runs.Count > 1 ? run.Name + " " : "")}training", [.. run.Train.Select(p => (p.Epochs, value(p)))], runs.Count > 1 ? i : 0),
            new ChartLine($"{(runs.Count > 1 ? run.Name + " " : "")}test", [.. run.Test.Select(p => (p.Epochs, value(p)))], runs.Count > 1 ? i : 1, Thick: true),
        ]).Where(l => l.Points.Count > 0),
    ];

    private static double? Start(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("steps_per_epoch", out var steps) ? steps.GetDouble() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static double Number(JsonElement e, string name) => e.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : double.NaN;
}

using System.Text.Json;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Claims;

/// <summary>How many epochs a run needs to come to a training error: what the paper's figure 1 compares.</summary>
public static class TrainingError
{
    /// <summary>Mean top-1 training error of each epoch, as measured while it was trained on, with the dropout and noise of training.</summary>
    public static IReadOnlyList<double> ByEpoch(RunFolder folder)
    {
        var sums = new SortedDictionary<int, (double Sum, int Steps)>();
        foreach (var line in File.ReadLines(folder.Metrics))
        {
            if (JsonLine.StepOf(line) is null) continue;
            using var document = JsonDocument.Parse(line);
            var e = document.RootElement;
            if (e.GetProperty("event").GetString() != "step") continue;
            var epoch = e.GetProperty("epoch").GetInt32();
            var (sum, steps) = sums.GetValueOrDefault(epoch);
            sums[epoch] = (sum + e.GetProperty("top1_error").GetDouble(), steps + 1);
        }
        return [.. sums.Values.Select(s => s.Sum / s.Steps)];
    }

    /// <summary>
    /// Epochs until the error falls to a level: between the middles of two epochs, whose means lie above and not above it, by a straight line. Null when it does not come so far.
    /// </summary>
    /// <param name="errors">Mean of each epoch.</param>
    /// <param name="level">Such as 0.25.</param>
    public static double? EpochsTo(IReadOnlyList<double> errors, double level)
    {
        for (var e = 0; e < errors.Count; e++)
        {
            if (errors[e] > level) continue;
            return e == 0 ? 0.5 : e - 0.5 + (errors[e - 1] - level) / (errors[e - 1] - errors[e]);
        }
        return null;
    }
}

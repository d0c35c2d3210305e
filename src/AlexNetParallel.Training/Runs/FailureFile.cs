using System.Text;

namespace AlexNetParallel.Training.Runs;

/// <summary>Writes failure.txt when a run ends badly.</summary>
public sealed class FailureFile(string path) : IRunObserver
{
    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        if (happened is RunFailed failed) File.WriteAllText(path, Describe(failed));
    }

    /// <summary>The whole report for people.</summary>
    public static string Describe(RunFailed failed)
    {
        var text = new StringBuilder();
        text.Append("The run failed: ").Append(failed.Reason).AppendLine(".");
        if (failed.LastLines.Count > 0)
        {
            text.Append("The last lines that worker ").Append(failed.Worker).AppendLine(" wrote:");
            foreach (var line in failed.LastLines.TakeLast(20)) text.Append("    ").AppendLine(line);
        }
        text.Append(failed.Resume.EndsWith("--resume", StringComparison.Ordinal) ? "To go on from the last checkpoint: " : "No checkpoint was written yet; to begin again: ").AppendLine(failed.Resume);
        return text.ToString();
    }
}

namespace AlexNetParallel.Training.Runs;

/// <summary>
/// Writes metrics.jsonl. A resumed run keeps what was written up to its checkpoint and goes on after it, so that the file reads as if nothing had happened.
/// </summary>
public sealed class MetricsFile : IRunObserver, IDisposable
{
    private readonly StreamWriter writer;
    private readonly TimeProvider time;
    private long lastFlush;

    /// <param name="path">The file.</param>
    /// <param name="keepUntil">Lines of later steps are dropped; 0 begins a new file.</param>
    /// <param name="time">Clock; the system's by default.</param>
    public MetricsFile(string path, long keepUntil = 0, TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        string[] kept = keepUntil > 0 && File.Exists(path) ? [.. File.ReadLines(path).TakeWhile(line => JsonLine.StepOf(line) is not { } step || step <= keepUntil)] : [];
        writer = new StreamWriter(path, append: false);
        foreach (var line in kept) writer.WriteLine(line);
        writer.Flush();
    }

    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        writer.WriteLine(JsonLine.Of(happened));
        // Steps may come by the hundred in a second; what matters is on the disk at once.
        if (happened is StepDone && time.GetElapsedTime(lastFlush) < TimeSpan.FromSeconds(1)) return;
        writer.Flush();
        lastFlush = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();
}

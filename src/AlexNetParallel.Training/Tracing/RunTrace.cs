using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Coordination.Wire;

namespace AlexNetParallel.Training.Tracing;

/// <summary>
/// The trace of a run: what the coordinator does, and what the workers say that they did, on the coordinator's clock. The file is brought up to date at most once a
/// second, when a worker is lost, and at the end. One thread.
/// </summary>
internal sealed class RunTrace : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly TraceRange range;
    private readonly TraceFile file;
    private readonly TraceEvents events;
    private readonly Dictionary<long, int> reports = [];
    private readonly int workers;
    private long lastSave = TraceClock.Now;
    private long clockError;
    private string? trouble;
    private bool told;

    /// <param name="range">The steps.</param>
    /// <param name="path">The file.</param>
    /// <param name="plan">What is run.</param>
    /// <param name="mostBytes">What the file may take.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public RunTrace(TraceRange range, string path, Plan plan, int mostBytes = TraceFile.StandardBytes)
    {
        (this.range, workers) = (range, plan.Workers);
        file = new TraceFile(path, mostBytes);
        events = new TraceEvents(file, plan, TraceClock.Now);
        events.Process(TraceEvents.Coordinator, $"coordinator (pid {Environment.ProcessId} on {Environment.MachineName})");
    }

    /// <summary>Names a worker's process.</summary>
    public void Worker(int rank, string name) => events.Process(rank + 1, name);

    /// <summary>Something happened at the coordinator at this step.</summary>
    public void Note(long step, string what)
    {
        if (range.Contains(step)) events.Instant(TraceEvents.Coordinator, what, TraceClock.Now);
    }

    /// <summary>Takes a worker's step. What it says to have done is checked against its program.</summary>
    /// <returns>A line for the log, where there is something to say.</returns>
    /// <exception cref="InvalidDataException">It is no step that was asked for, or not of the worker's program.</exception>
    public string? Take(int rank, StepSpans spans, Plan plan)
    {
        if (!range.Contains(spans.Step)) throw new InvalidDataException($"worker {rank} sent a trace of step {spans.Step}; asked for were {range}");
        if (spans.What.Count != spans.Begin.Count || spans.What.Count != spans.Duration.Count) throw new InvalidDataException($"worker {rank} sent a trace of step {spans.Step} whose lists differ in length");
        clockError = Math.Max(clockError, spans.ClockError);
        events.Complete(rank + 1, $"step {spans.Step}", "step", spans.StepBegin, spans.StepBegin + spans.StepDuration, () =>
        {
            events.Arguments.WriteNumber("step", spans.Step);
            events.Arguments.WriteNumber("clock_error_us", spans.ClockError / 1000m);
            if (!spans.Whole) events.Arguments.WriteString("ended_by", "a failure");
        });
        for (var i = 0; i < spans.What.Count; i++)
        {
            var (what, begin, end) = (spans.What[i], spans.Begin[i], spans.Begin[i] + spans.Duration[i]);
            if (what == StepTrace.Feed) events.Complete(rank + 1, "feed", "feed", begin, end);
            else if (what >= 0 && what < plan.Programs[rank].Instructions.Count) events.Instruction(rank, spans.Step, what, begin, end);
            else if (what < StepTrace.Feed && StepTrace.Feed - 1 - what < plan.Slabs.Count) events.Move(rank, spans.Step, StepTrace.Feed - 1 - what, begin, end);
            else throw new InvalidDataException($"worker {rank} sent a trace with instruction {what}, which its program has not");
        }
        reports[spans.Step] = reports.GetValueOrDefault(spans.Step) + 1;
        if (TraceClock.Now - lastSave >= Second || reports.GetValueOrDefault(range.To) == workers) Save();
        if (file.Dropped > 0) trouble ??= $"the trace is full at step {spans.Step} ({file.Bytes:N0} bytes): what follows is left out; trace fewer steps";
        if (trouble is null || told) return null;
        told = true;
        return trouble;
    }

    /// <summary>What the file holds, for the log.</summary>
    public string Summary()
    {
        if (trouble is not null && !told && file.Dropped == 0) return trouble;
        if (reports.Count == 0) return $"the trace holds no step: none of {range} was run";
        var dropped = file.Dropped > 0 ? $", {file.Dropped:N0} events left out because it is full" : "";
        return $"trace of steps {reports.Keys.Min()} to {reports.Keys.Max()}: {file.Bytes:N0} bytes{dropped}; the workers' clocks are known to {clockError / 1000.0:N1} µs; open it in ui.perfetto.dev";
    }

    /// <summary>Brings the file up to date. A disk that is full costs the trace, not the run.</summary>
    public void Save()
    {
        lastSave = TraceClock.Now;
        try
        {
            file.Save();
        }
        catch (IOException e)
        {
            trouble ??= $"the trace cannot be written: {e.Message}";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Save();
        events.Dispose();
    }
}

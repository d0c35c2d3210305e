using System.Diagnostics;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// Times steps by the device's own clock: marks before and after each, read when the tick is over. So it sees what the host's clock cannot: whether the device still
/// computed while the host's thread waited for a slab.
/// </summary>
internal sealed class CudaClock(CudaDevice device) : IDisposable
{
    private readonly Dictionary<EngineStep, (CudaMark Begin, CudaMark End)> marks = [];
    private readonly List<EngineStep> running = [];
    private readonly List<(CudaMark Last, CudaMark Next)> waits = [];
    private readonly CudaMark origin = new(device, timing: true);
    private readonly CudaMark finish = new(device, timing: true);
    private CudaMark last = null!;
    private bool received;
    private long originTime;

    /// <summary>Seconds in which the device had nothing to do because a slab was not there yet.</summary>
    public double StarvedSeconds { get; private set; }

    /// <summary>A tick begins. The device has nothing to do, so that a mark is passed as soon as it is set, and ties its clock to the host's.</summary>
    public void Begin()
    {
        last = origin;
        origin.Computed();
        originTime = Stopwatch.GetTimestamp();
    }

    /// <summary>What the device is asked for next needs a slab that the host's thread has waited for.</summary>
    public void Received() => received = true;

    public void Run(EngineStep step)
    {
        if (!marks.TryGetValue(step, out var pair)) marks.Add(step, pair = (new CudaMark(device, timing: true), new CudaMark(device, timing: true)));
        pair.Begin.Computed();
        EndWait(pair.Begin);
        step.Run();
        pair.End.Computed();
        last = pair.End;
        running.Add(step);
    }

    /// <summary>All that the tick asks of the device has been asked.</summary>
    public void Finish()
    {
        if (!received) return;
        finish.Computed();
        EndWait(finish);
    }

    /// <summary>From the end of one step to the beginning of the next the device was idle, if the slab between them came late; else the two marks lie side by side.</summary>
    private void EndWait(CudaMark next)
    {
        if (received) waits.Add((last, next));
        received = false;
    }

    /// <summary>Adds the times of what ran since the last call; the device must be done with it.</summary>
    public void Collect(StepTrace? trace)
    {
        foreach (var step in running)
        {
            var (begin, end) = marks[step];
            step.StopwatchTicks += Ticks(end, begin);
            if (trace is { IsOn: true }) trace.Add(step.Number, originTime + Ticks(begin, origin), originTime + Ticks(end, origin));
        }
        running.Clear();
        foreach (var (before, after) in waits) StarvedSeconds += after.SecondsSince(before);
        waits.Clear();
    }

    private static long Ticks(CudaMark end, CudaMark begin) => (long)(end.SecondsSince(begin) * Stopwatch.Frequency);

    public void Dispose()
    {
        origin.Dispose();
        finish.Dispose();
        foreach (var (begin, end) in marks.Values)
        {
            begin.Dispose();
            end.Dispose();
        }
    }
}

using System.Diagnostics;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Engine;

/// <summary>Times steps by the device's own clock: marks before and after each, read when the tick is over.</summary>
internal sealed class CudaClock(CudaDevice device) : IDisposable
{
    private readonly Dictionary<EngineStep, (CudaMark Begin, CudaMark End)> marks = [];
    private readonly List<EngineStep> running = [];
    private CudaMark? origin;
    private long originTime;

    /// <summary>A tick begins whose times are wanted by the host's clock too. The device has nothing to do, so that a mark is passed as soon as it is set.</summary>
    public void BeginTrace()
    {
        origin ??= new CudaMark(device, timing: true);
        origin.Computed();
        originTime = Stopwatch.GetTimestamp();
    }

    public void Run(EngineStep step)
    {
        if (!marks.TryGetValue(step, out var pair)) marks.Add(step, pair = (new CudaMark(device, timing: true), new CudaMark(device, timing: true)));
        pair.Begin.Computed();
        step.Run();
        pair.End.Computed();
        running.Add(step);
    }

    /// <summary>Adds the times of what ran since the last call; the device must be done with it.</summary>
    public void Collect(StepTrace? trace)
    {
        foreach (var step in running)
        {
            var (begin, end) = marks[step];
            step.StopwatchTicks += Ticks(end, begin);
            if (trace is { IsOn: true }) trace.Add(step.Number, originTime + Ticks(begin, origin!), originTime + Ticks(end, origin!));
        }
        running.Clear();
    }

    private static long Ticks(CudaMark end, CudaMark begin) => (long)(end.SecondsSince(begin) * Stopwatch.Frequency);

    public void Dispose()
    {
        origin?.Dispose();
        foreach (var (begin, end) in marks.Values)
        {
            begin.Dispose();
            end.Dispose();
        }
    }
}

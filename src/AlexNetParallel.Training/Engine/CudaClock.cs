using System.Diagnostics;
using AlexNetParallel.Devices.Cuda;

namespace AlexNetParallel.Training.Engine;

/// <summary>Times steps by the device's own clock: marks before and after each, read when the tick is over.</summary>
internal sealed class CudaClock(CudaDevice device) : IDisposable
{
    private readonly Dictionary<EngineStep, (CudaMark Begin, CudaMark End)> marks = [];
    private readonly List<EngineStep> running = [];

    public void Run(EngineStep step)
    {
        if (!marks.TryGetValue(step, out var pair)) marks.Add(step, pair = (new CudaMark(device, timing: true), new CudaMark(device, timing: true)));
        pair.Begin.Computed();
        step.Run();
        pair.End.Computed();
        running.Add(step);
    }

    /// <summary>Adds the times of what ran since the last call; the device must be done with it.</summary>
    public void Collect()
    {
        foreach (var step in running)
        {
            var (begin, end) = marks[step];
            step.StopwatchTicks += (long)(end.SecondsSince(begin) * Stopwatch.Frequency);
        }
        running.Clear();
    }

    public void Dispose()
    {
        foreach (var (begin, end) in marks.Values)
        {
            begin.Dispose();
            end.Dispose();
        }
    }
}

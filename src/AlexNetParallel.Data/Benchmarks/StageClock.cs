using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Benchmarks;

/// <summary>Times a stage by the processor time of the calling thread: other programs on the machine then count little.</summary>
internal static unsafe partial class StageClock
{
    private const int ThreadProcessorTime = 3;   // CLOCK_THREAD_CPUTIME_ID of Linux
    private const int FewestPasses = 5;

    /// <summary>Median seconds of one pass, of as many passes as fit into <paramref name="budget"/>, five at least; one more before them warms up.</summary>
    public static double Median(TimeSpan budget, Action pass)
    {
        pass();
        var times = new List<double>();
        var total = 0.0;
        while (times.Count < FewestPasses || total < budget.TotalSeconds)
        {
            var began = Now();
            pass();
            times.Add(Now() - began);
            total += times[^1];
        }
        times.Sort();
        return times[times.Count / 2];
    }

    private static double Now()
    {
        TimeSpec time;
        _ = ClockGetTime(ThreadProcessorTime, &time);
        return time.Seconds + time.Nanoseconds * 1e-9;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, TimeSpec* time);

    private struct TimeSpec
    {
        public nint Seconds, Nanoseconds;
    }
}

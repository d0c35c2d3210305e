using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>
/// Time that the calling thread has spent on a processor: what other programs take from the machine does not count. Where the system has no such
/// clock, the time that has passed.
/// </summary>
public static partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID, linux/time.h

    /// <summary>Seconds; only differences on one thread mean something.</summary>
    public static double Seconds()
    {
        if (OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, out var time) == 0) return time.Seconds + 1e-9 * time.Nanoseconds;
        return (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpecification time);

    private struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

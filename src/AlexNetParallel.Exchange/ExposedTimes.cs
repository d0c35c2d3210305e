using System.Diagnostics;

namespace AlexNetParallel.Exchange;

/// <summary>
/// The time that a worker's thread spent on one exchange: altogether, and in each of the last ticks. Any thread adds (a device's slabs
/// are sent by a thread of their own); another may read the total, and the ticks too once those have stopped. Allocates only when it is made and when percentiles are asked for.
/// </summary>
internal sealed class ExposedTimes
{
    /// <summary>Ticks that percentiles are taken over: the last ones.</summary>
    public const int Kept = 1024;

    private readonly Lock gate = new();
    private readonly long[] ticks = new long[Kept];
    private long total;
    private long current = -1;
    private long count;

    /// <summary>Adds a time to a tick; ticks rise.</summary>
    /// <param name="tick">The run of the program.</param>
    /// <param name="time">In Stopwatch ticks.</param>
    public void Add(long tick, long time)
    {
        lock (gate)
        {
            total += time;
            if (tick != current)
            {
                current = tick;
                ticks[count++ % Kept] = 0;
            }
            ticks[(count - 1) % Kept] += time;
        }
    }

    /// <summary>Seconds in all ticks.</summary>
    public double Seconds => Volatile.Read(ref total) / (double)Stopwatch.Frequency;

    /// <summary>Median and 95th percentile of the ticks kept, in seconds; zeros when there was none.</summary>
    public (double P50, double P95) Percentiles()
    {
        var n = (int)Math.Min(Volatile.Read(ref count), Kept);
        if (n == 0) return (0, 0);
        var sorted = ticks.AsSpan(0, n).ToArray();
        Array.Sort(sorted);
        return (sorted[n / 2] / (double)Stopwatch.Frequency, sorted[Math.Min(n - 1, n * 95 / 100)] / (double)Stopwatch.Frequency);
    }
}

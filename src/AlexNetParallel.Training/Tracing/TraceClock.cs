using System.Diagnostics;

namespace AlexNetParallel.Training.Tracing;

/// <summary>Times of traces: nanoseconds of this host's monotonic clock.</summary>
internal static class TraceClock
{
    /// <summary>The time now.</summary>
    public static long Now => Of(Stopwatch.GetTimestamp());

    /// <summary>A Stopwatch time in nanoseconds.</summary>
    public static long Of(long stopwatch) => (long)((Int128)stopwatch * 1_000_000_000 / Stopwatch.Frequency);
}

/// <summary>One question to the coordinator for its time, and the answer, all in nanoseconds.</summary>
/// <param name="Asked">When the worker asked, by its clock.</param>
/// <param name="Received">When the question came, by the coordinator's clock.</param>
/// <param name="Answered">When the answer left, by the coordinator's clock.</param>
/// <param name="Arrived">When the answer came, by the worker's clock.</param>
internal readonly record struct ClockSample(long Asked, long Received, long Answered, long Arrived)
{
    /// <summary>Time on the way, there and back.</summary>
    public long Delay => Arrived - Asked - (Answered - Received);

    /// <summary>What is added to a time of the worker to make it one of the coordinator, if both ways took as long.</summary>
    public long Offset => (Received - Asked + (Answered - Arrived)) / 2;
}

/// <summary>
/// What lies between a worker's clock and the coordinator's: NTP's estimate from several questions, of which the one with the least delay is taken
/// (RFC 5905, section 10). It is wrong by half of that delay at most.
/// </summary>
/// <param name="Nanoseconds">To be added to a worker's time.</param>
/// <param name="Error">Largest error of it, in nanoseconds.</param>
internal readonly record struct ClockOffset(long Nanoseconds, long Error)
{
    /// <summary>The best estimate from samples; there must be one.</summary>
    public static ClockOffset Of(IReadOnlyCollection<ClockSample> samples)
    {
        var best = samples.MinBy(s => s.Delay);
        return new ClockOffset(best.Offset, (best.Delay + 1) / 2);
    }
}

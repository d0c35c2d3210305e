using System.Diagnostics;

namespace AlexNetParallel.Exchange.Waiting;

/// <summary>What a worker's thread waits for. A struct, so that waiting allocates nothing.</summary>
internal interface IWaitCondition
{
    /// <summary>True when the wait is over.</summary>
    bool IsMet();

    /// <summary>True when it will be over within some microseconds, by the work of another core.</summary>
    bool IsNear();

    /// <summary>Throws when the wait can never end.</summary>
    /// <param name="thorough">True from time to time: look also at what costs a system call.</param>
    /// <exception cref="ExchangeException">The peer or the job is gone.</exception>
    void ThrowIfHopeless(bool thorough);
}

/// <summary>
/// Waits as a worker should on a host that may have fewer cores than processes: spins for as long as spinning has paid lately (a few
/// microseconds) or the end is near, then sleeps on its bell.
/// </summary>
internal sealed unsafe class Waiter(Bell* bell)
{
    /// <summary>How often a sleeper looks whether its peer still lives.</summary>
    public const int CheckMilliseconds = 100;

    private static readonly long Shortest = Microseconds(2);
    private static readonly long Longest = Environment.ProcessorCount > 1 ? Microseconds(50) : 0;

    /// <summary>A slab of megabytes takes less, and to be woken up takes a good part of it.</summary>
    private static readonly long LongestWhenNear = Environment.ProcessorCount > 1 ? Microseconds(500) : 0;

    private long budget = Math.Min(Microseconds(20), Longest);

    /// <summary>Returns when the condition is met.</summary>
    public void Wait<T>(ref T condition) where T : struct, IWaitCondition
    {
        if (condition.IsMet()) return;
        if (!Spin(ref condition)) Sleep(ref condition);
    }

    private bool Spin<T>(ref T condition) where T : struct, IWaitCondition
    {
        var began = Stopwatch.GetTimestamp();
        long waited;
        do
        {
            Thread.SpinWait(8);
            waited = Stopwatch.GetTimestamp() - began;
            if (!condition.IsMet()) continue;
            // Twice what was needed: the next wait of this kind will end within it.
            if (waited < budget) budget = Math.Clamp((3 * budget + 2 * waited) / 4, Shortest, Math.Max(Shortest, Longest));
            return true;
        }
        while (waited < budget || (waited < LongestWhenNear && condition.IsNear()));
        budget = Math.Min(Math.Max(Shortest, budget - budget / 8), Longest);
        return false;
    }

    private void Sleep<T>(ref T condition) where T : struct, IWaitCondition
    {
        try
        {
            var lastThorough = Environment.TickCount64;
            while (true)
            {
                var seen = Bell.Prepare(bell);
                if (condition.IsMet()) return;
                var now = Environment.TickCount64;
                var thorough = now - lastThorough >= CheckMilliseconds;
                if (thorough) lastThorough = now;
                condition.ThrowIfHopeless(thorough);
                Bell.Sleep(bell, seen, CheckMilliseconds * 1000);
            }
        }
        finally
        {
            Bell.Rise(bell);
        }
    }

    private static long Microseconds(long count) => count * Stopwatch.Frequency / 1_000_000;
}

using System.Diagnostics;
using AlexNetParallel.Exchange.Waiting;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>
/// How long the thread of <see cref="MpiProcess"/> rests between two looks at MPI, which tells of nothing by itself. While the worker waits, the core that it does not use is there to be
/// looked from: without a rest for a moment, then with short ones, because data may be prepared on it. While the worker computes, the rests grow, so that looking costs about a hundredth of a core.
/// Whatever the worker posts ends a rest.
/// </summary>
/// <param name="bell">What the thread sleeps on.</param>
internal sealed unsafe class MpiPace(Bell* bell)
{
    private const int Shortest = 50;      // microseconds; the kernel adds about as much
    private const int LongestBusy = 100;  // what a network brings in this time, a socket's buffer holds
    private const int Longest = 1000;
    private const int Idle = 1_000_000;

    private static readonly long eager = Stopwatch.Frequency / 2000;

    private long lastEvent;
    private int rest = Shortest;

    /// <summary>Something has moved: the next thing may follow at once.</summary>
    public void Moved() => (lastEvent, rest) = (Stopwatch.GetTimestamp(), Shortest);

    /// <summary>Nothing has moved.</summary>
    /// <param name="links">What is looked after; null for nothing.</param>
    /// <param name="hasNews">True when there is something to be done after all.</param>
    public void Rest(MpiLinks? links, Func<bool> hasNews)
    {
        if (links is null)
        {
            Sleep(Idle, hasNews);
        }
        else if (!links.IsAwaited)
        {
            Sleep(links.IsBusy ? Math.Min(rest, LongestBusy) : rest, hasNews);
            rest = Math.Min(2 * rest, Longest);
        }
        else if (Stopwatch.GetTimestamp() - lastEvent < eager)
        {
            Thread.Yield();
        }
        else
        {
            Sleep(Shortest, hasNews);
        }
    }

    private void Sleep(int microseconds, Func<bool> hasNews)
    {
        var seen = Bell.Prepare(bell);
        if (!hasNews()) Bell.Sleep(bell, seen, microseconds);
        Bell.Rise(bell);
        if (Bell.HasRung(bell, seen)) Moved();
    }
}

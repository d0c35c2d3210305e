using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Waiting;

/// <summary>
/// What one worker's thread sleeps on, and others ring when something that it may be waiting for has happened. Lies in zeroed memory that
/// all of them see. Ringing costs a system call only if the worker sleeps.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal unsafe struct Bell
{
    [FieldOffset(0)] private uint rings;
    // On a line of its own: the ringer reads it each time, the worker writes it only when it goes to sleep.
    [FieldOffset(64)] private int sleeping;

    /// <summary>Number of rings so far: to be read before checking what one waits for, and handed to <see cref="Sleep"/>.</summary>
    public static uint Prepare(Bell* bell)
    {
        var seen = Volatile.Read(ref bell->rings);
        Volatile.Write(ref bell->sleeping, 1);
        // Either the ringer sees that this thread sleeps, or this thread sees what the ringer published (which needs both fences).
        Interlocked.MemoryBarrier();
        return seen;
    }

    /// <summary>Sleeps until the next ring after <see cref="Prepare"/>, at most for the time given.</summary>
    public static void Sleep(Bell* bell, uint seen, int microseconds) => Futex.Sleep(&bell->rings, seen, microseconds);

    /// <summary>True if it has rung since <see cref="Prepare"/>.</summary>
    public static bool HasRung(Bell* bell, uint seen) => Volatile.Read(ref bell->rings) != seen;

    /// <summary>The worker is up.</summary>
    public static void Rise(Bell* bell) => Volatile.Write(ref bell->sleeping, 0);

    /// <summary>To be called after publishing what happened.</summary>
    public static void Ring(Bell* bell)
    {
        Interlocked.Increment(ref bell->rings);
        if (Volatile.Read(ref bell->sleeping) != 0) Futex.WakeAll(&bell->rings);
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Waiting;

/// <summary>
/// Where the two workers of one slab meet: a word that says who has come at which tick. The sender comes when the source is ready, the receiver
/// when the destination is free; whoever comes second copies. So neither ever waits in order to post, in whatever order both post their
/// slabs, and a copy needs nobody's help to go on. On a cache line of its own, in zeroed memory that both see.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = LineBytes)]
internal unsafe struct Rendezvous
{
    /// <summary>Bytes that it takes.</summary>
    public const int LineBytes = 64;

    [FieldOffset(0)] private long state;
    [FieldOffset(8)] private long bytes;
    [FieldOffset(16)] private long messages;
    [FieldOffset(24)] private long since;
    [FieldOffset(32)] private long moving;
    [FieldOffset(40)] private long until;

    /// <summary>Payload moved so far.</summary>
    public readonly long Bytes => bytes;

    /// <summary>Slabs moved so far.</summary>
    public readonly long Messages => messages;

    /// <summary>When the slab that moved last, or is on its way, began to move: a Stopwatch time, the same clock for all processes of a host.</summary>
    public readonly long Since => since;

    /// <summary>When the slab that moved last had moved.</summary>
    public readonly long Until => until;

    /// <summary>Stopwatch ticks in which slabs moved so far.</summary>
    public readonly long Moving => moving;

    /// <summary>What a side finds when it comes.</summary>
    public enum Arrival
    {
        /// <summary>It is the first, and may go: the other will copy.</summary>
        First,
        /// <summary>The other is there: move the slab, then <see cref="Finish"/>.</summary>
        Second,
        /// <summary>This side's earlier tick of the slab is not done yet.</summary>
        EarlierPending,
        /// <summary>The other side stands at another tick, or this tick is done already.</summary>
        OutOfStep,
    }

    /// <summary>One side comes.</summary>
    public static Arrival Come(Rendezvous* line, Side side, long tick)
    {
        while (true)
        {
            var seen = Volatile.Read(ref line->state);
            var who = (Side)(seen & 3);
            if (who == side || who == Side.Both) return Arrival.EarlierPending;
            var first = who == Side.Nobody;
            if (first ? seen >> 2 >= tick : seen >> 2 != tick) return Arrival.OutOfStep;
            var next = Pack(first ? side : Side.Both, tick);
            if (Interlocked.CompareExchange(ref line->state, next, seen) == seen) return first ? Arrival.First : Arrival.Second;
        }
    }

    /// <summary>Tells that the slab begins to move.</summary>
    public static void Begin(Rendezvous* line) => line->since = Stopwatch.GetTimestamp();

    /// <summary>Tells that the slab has moved.</summary>
    public static void Finish(Rendezvous* line, long tick, long copied)
    {
        line->bytes += copied;
        line->messages++;
        line->until = Stopwatch.GetTimestamp();
        line->moving += line->until - line->since;
        Volatile.Write(ref line->state, Pack(Side.Nobody, tick));
    }

    /// <summary>True when the slab of this tick has moved.</summary>
    public static bool IsDone(Rendezvous* line, long tick)
    {
        var seen = Volatile.Read(ref line->state);
        return seen >> 2 > tick || seen == Pack(Side.Nobody, tick);
    }

    /// <summary>True when both sides have come for the tick and the slab is on its way.</summary>
    public static bool IsMoving(Rendezvous* line, long tick) => Volatile.Read(ref line->state) == Pack(Side.Both, tick);

    /// <summary>True when this side has come for the tick and it is not done.</summary>
    public static bool IsPosted(Rendezvous* line, Side side, long tick)
    {
        var seen = Volatile.Read(ref line->state);
        return seen == Pack(side, tick) || seen == Pack(Side.Both, tick);
    }

    /// <summary>The tick that the line stands at: the last one done, or the one that somebody has come for.</summary>
    public static long Tick(Rendezvous* line) => Volatile.Read(ref line->state) >> 2;

    private static long Pack(Side side, long tick) => tick << 2 | (long)side;
}

/// <summary>Who has come to a rendezvous.</summary>
internal enum Side
{
    /// <summary>Nobody: the tick is done.</summary>
    Nobody = 0,
    /// <summary>The sender: the source is ready.</summary>
    Sender = 1,
    /// <summary>The receiver: the destination is free.</summary>
    Receiver = 2,
    /// <summary>Both: the slab is on its way.</summary>
    Both = 3,
}

using System.Diagnostics.CodeAnalysis;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>What the worker's threads want sent, in their order, for the thread of <see cref="MpiProcess"/>. Each slab is in it at most once, so that it never grows.</summary>
/// <param name="capacity">Number of slabs.</param>
internal sealed class MpiPosts(int capacity)
{
    private SpinLock gate = new(enableThreadOwnerTracking: false); // held for a few instructions; a Lock allocates when two meet at it
    private readonly (SlabRoute? Route, long Tick)[] entries = new (SlabRoute?, long)[capacity];
    private int first;
    private volatile int count;

    /// <summary>True if there is nothing now.</summary>
    public bool IsEmpty => count == 0;

    /// <summary>Adds a slab, or, for one that enters this worker, its notice.</summary>
    public void Add(SlabRoute route, long tick)
    {
        var taken = false;
        try
        {
            gate.Enter(ref taken);
            if (count == entries.Length) throw new InvalidOperationException($"slab {route.Slab.Id} is queued twice");
            entries[(first + count) % entries.Length] = (route, tick);
            count++;
        }
        finally
        {
            if (taken) gate.Exit();
        }
    }

    /// <summary>The next; false if there is nothing now.</summary>
    public bool Take([NotNullWhen(true)] out SlabRoute? route, out long tick)
    {
        (route, tick) = (null, 0);
        if (count == 0) return false;
        var taken = false;
        try
        {
            gate.Enter(ref taken);
            (route, tick) = entries[first];
            entries[first] = default;
            first = (first + 1) % entries.Length;
            count--;
        }
        finally
        {
            if (taken) gate.Exit();
        }
        return route is not null;
    }
}

using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>What MPI is busy with: requests, and what each of them is for. Used by the thread of <see cref="MpiProcess"/> only. Allocates nothing after its making.</summary>
internal sealed unsafe class MpiFlight : IDisposable
{
    private readonly nint* requests;
    private readonly int* finished;
    private readonly MpiStatus* statuses;
    private readonly (SlabRoute? Route, long Tick, MpiPurpose Purpose)[] entries;

    /// <param name="capacity">Most requests at once.</param>
    public MpiFlight(int capacity)
    {
        entries = new (SlabRoute?, long, MpiPurpose)[capacity];
        requests = (nint*)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(nint));
        finished = (int*)NativeMemory.Alloc((nuint)capacity, sizeof(int));
        statuses = (MpiStatus*)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(MpiStatus));
    }

    /// <summary>Number of requests that are not done.</summary>
    public int Count { get; private set; }

    /// <summary>Where the next request is to be written; <see cref="Add"/> makes it count.</summary>
    public nint* Next => Count < entries.Length ? requests + Count : throw new InvalidOperationException($"more than {entries.Length} messages at once");

    /// <summary>The request at <see cref="Next"/> has been begun.</summary>
    public void Add(SlabRoute? route, long tick, MpiPurpose purpose) => entries[Count++] = (route, tick, purpose);

    /// <summary>Takes out what is done.</summary>
    /// <param name="links">Is told of each.</param>
    /// <returns>True if anything was.</returns>
    /// <exception cref="MpiException">A request failed.</exception>
    public bool Complete(MpiLinks links)
    {
        if (Count == 0) return false;
        int done;
        var code = MpiNative.Testsome(Count, requests, &done, finished, statuses);
        // A request's own error tells more than that there is one.
        for (var i = 0; code != 0 && i < done; i++) MpiLibrary.Check(statuses[i].Error, entries[finished[i]].Purpose == MpiPurpose.Receive ? "MPI_Imrecv" : "MPI_Isend");
        MpiLibrary.Check(code, "MPI_Testsome");
        if (done <= 0) return false;
        // From the last on, so that what takes a free place is never one that is still to be taken out.
        for (var place = Count - 1; place >= 0; place--)
        {
            if (requests[place] != MpiLibrary.Loaded.NoRequest) continue;
            var entry = entries[place];
            Count--;
            (requests[place], entries[place]) = (requests[Count], entries[Count]);
            links.Done(entry.Route, entry.Tick, entry.Purpose);
        }
        return true;
    }

    /// <summary>Only when <see cref="Count"/> is 0, or MPI will not be called again.</summary>
    public void Dispose()
    {
        NativeMemory.Free(requests);
        NativeMemory.Free(finished);
        NativeMemory.Free(statuses);
    }
}

/// <summary>What a message is for.</summary>
internal enum MpiPurpose
{
    /// <summary>A slab leaves.</summary>
    Send,
    /// <summary>A slab arrives.</summary>
    Receive,
    /// <summary>The peer is told that a slab may come.</summary>
    Notice,
    /// <summary>A word about the link itself.</summary>
    Word,
}

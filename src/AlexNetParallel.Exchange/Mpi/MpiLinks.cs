using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Waiting;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>
/// A worker's links to its peers in an MPI job. What crosses between two: a first word from each side (what they must agree on); then notices, which are empty, and slabs, each with a tag
/// that says slab and tick; at last another word, the reason. A slab is sent only when its notice has come, so that MPI never keeps one that nobody waits for.
/// Everything here that calls MPI runs on the thread of <see cref="MpiProcess"/>.
/// </summary>
internal sealed unsafe class MpiLinks
{
    private const int AnyTag = -1; // MPI_ANY_TAG

    private readonly MpiProcess process;
    private readonly MpiPeer[] peers;
    private readonly Dictionary<SlabRoute, (MpiPeer Peer, int Index, nint Shape)> places = [];
    private readonly MpiPosts posts;
    private readonly MpiFlight flight;
    private readonly Bell* worker;
    private readonly byte* wordIn = (byte*)NativeMemory.Alloc(MpiPeer.LongestWord);
    private readonly ManualResetEventSlim ended = new();
    private volatile string? leaving;
    private volatile bool isAwaited;
    private volatile bool isTold;
    private volatile bool begun;
    private bool isMpiLost;

    /// <param name="process">This process's part in the job, started.</param>
    /// <param name="own">This worker's slabs.</param>
    /// <param name="routes">The same by number.</param>
    /// <param name="addresses">Rank in MPI_COMM_WORLD of each worker.</param>
    /// <param name="worker">Rung when something has happened.</param>
    public MpiLinks(MpiProcess process, SlabTable own, SlabRoute?[] routes, IReadOnlyList<int> addresses, Bell* worker)
    {
        this.process = process;
        this.worker = worker;
        peers = [.. own.Peers.Select(p => new MpiPeer(p, addresses[p], own, routes, process.TagLimit))];
        posts = new MpiPosts(own.Own.Count + 1);
        // Of each slab a notice and the slab itself; of each peer two words.
        flight = new MpiFlight(2 * (own.Own.Count + peers.Length) + 1);
    }

    /// <summary>True while MPI is busy with a message.</summary>
    public bool IsBusy => flight.Count > 0;

    /// <summary>True while the worker's thread does nothing but wait until something arrives or has left.</summary>
    public bool IsAwaited => isAwaited;

    /// <summary>True when all have said their last word, and nothing more will come.</summary>
    public bool HasEndedInOrder { get; private set; }

    /// <summary>True when there is something to be sent.</summary>
    public bool HasPosts => !posts.IsEmpty || !begun || (leaving is not null && !isTold);

    /// <summary>Begins to link up with all peers.</summary>
    /// <returns>For each peer, what is done when both sides have said that they are there.</returns>
    public IEnumerable<Task> Open()
    {
        process.Attach(this);
        return peers.Select(p => p.Greeted);
    }

    /// <summary>Sends a slab, or the notice that one may come.</summary>
    public void Post(SlabRoute route, long tick)
    {
        posts.Add(route, tick);
        process.Wake();
    }

    /// <summary>The worker's thread begins to wait, or has done so.</summary>
    public void Await(bool begins)
    {
        isAwaited = begins;
        if (begins) process.Wake();
    }

    /// <summary>Tells all peers that this worker leaves, after what it has posted; empty if all is well.</summary>
    public void Leave(string reason)
    {
        leaving ??= reason;
        process.Wake();
    }

    /// <summary>Why a peer takes no further part; null if it does.</summary>
    public string? WhyGone(int rank)
    {
        foreach (var peer in peers)
            if (peer.Rank == rank) return peer.WhyGone;
        return null;
    }

    /// <summary>Gives the peers time to say their last word, then ends everything.</summary>
    /// <returns>False if MPI may still write into this worker's memory.</returns>
    public bool Close(TimeSpan patience)
    {
        ended.Wait(patience);
        return process.Detach(this, patience) && flight.Count == 0;
    }

    /// <summary>Does what can be done now.</summary>
    /// <returns>True if something was.</returns>
    public bool Advance()
    {
        if (isMpiLost) return false;
        try
        {
            // After the end only the last words are still on their way.
            return ended.IsSet ? flight.Complete(this) : Begin() | SendPosts() | SendFarewells() | ReceiveAll() | flight.Complete(this) | TakeLeaves() | CheckEnded();
        }
        catch (Exception e)
        {
            Fail(e);
            return true;
        }
    }

    /// <summary>MPI has done with a message.</summary>
    public void Done(SlabRoute? route, long tick, MpiPurpose purpose)
    {
        if (route is not null) places[route].Peer.UnderWay--;
        if (purpose == MpiPurpose.Receive) route!.Received(tick);
        else if (route?.Sent(tick, overheadBytes: 0) is { } next and not 0) Send(route, next);
    }

    /// <summary>Only after <see cref="Close"/> gave true.</summary>
    public void Dispose()
    {
        flight.Dispose();
        foreach (var peer in peers) peer.Dispose();
        NativeMemory.Free(wordIn);
        ended.Dispose();
    }

    /// <summary>Nothing is called of this any more.</summary>
    public void Detached()
    {
        if (flight.Count > 0) return;
        foreach (var place in places.Values) MpiShape.Free(place.Shape);
        places.Clear();
    }

    private bool Begin()
    {
        if (begun) return false;
        begun = true;
        foreach (var peer in peers)
        {
            for (var i = 0; i < peer.Shared.Length; i++) places.Add(peer.Shared[i], (peer, i, MpiShape.Make(peer.Shared[i].Place)));
            SendWord(peer, peer.Greeting());
        }
        return true;
    }

    private bool SendPosts()
    {
        var any = false;
        for (; posts.Take(out var route, out var tick); any = true) Send(route, tick);
        return any;
    }

    private bool SendFarewells()
    {
        if (isTold || leaving is not { } reason) return false;
        foreach (var peer in peers) SendFarewell(peer, reason);
        return isTold = true;
    }

    private void SendFarewell(MpiPeer peer, string reason)
    {
        if (!peer.IsToldFarewell) SendWord(peer, peer.Farewell(reason));
    }

    private void SendWord(MpiPeer peer, ReadOnlySpan<byte> word)
    {
        fixed (byte* first = word) MpiLibrary.Check(MpiNative.Isend(first, word.Length, MpiLibrary.Loaded.Byte, peer.Address, MpiTags.Word, MpiLibrary.Loaded.World, flight.Next), "MPI_Isend");
        flight.Add(null, 0, MpiPurpose.Word);
    }

    private void Send(SlabRoute route, long tick)
    {
        var (peer, index, shape) = places[route];
        if (peer.HasLeft || peer.IsToldFarewell) return;
        var tag = peer.Tags.Encode(index, tick, isNotice: !route.IsOutgoing);
        if (route.IsOutgoing)
        {
            route.Leaving();
            MpiLibrary.Check(MpiNative.Isend((void*)route.Place.Address, 1, shape, peer.Address, tag, MpiLibrary.Loaded.World, flight.Next), "MPI_Isend");
        }
        else
        {
            MpiLibrary.Check(MpiNative.Isend(null, 0, MpiLibrary.Loaded.Byte, peer.Address, tag, MpiLibrary.Loaded.World, flight.Next), "MPI_Isend");
        }
        flight.Add(route, tick, route.IsOutgoing ? MpiPurpose.Send : MpiPurpose.Notice);
        peer.UnderWay++;
    }

    /// <summary>What comes after a peer's last word is for a later transport.</summary>
    private bool ReceiveAll()
    {
        var any = false;
        foreach (var peer in peers)
        {
            while (!peer.HasSaidFarewell)
            {
                int found;
                nint message;
                MpiStatus status;
                MpiLibrary.Check(MpiNative.Improbe(peer.Address, AnyTag, MpiLibrary.Loaded.World, &found, &message, &status), "MPI_Improbe");
                if (found == 0) break;
                any = true;
                Receive(peer, message, status);
            }
        }
        return any;
    }

    private void Receive(MpiPeer peer, nint message, MpiStatus status)
    {
        int bytes;
        MpiLibrary.Check(MpiNative.GetCount(&status, MpiLibrary.Loaded.Byte, &bytes), "MPI_Get_count");
        if (status.Tag == MpiTags.Word)
        {
            Hear(peer, message, bytes);
            return;
        }
        var (index, cycled, isNotice) = peer.Tags.Decode(status.Tag);
        var route = peer.Shared[index];
        var tick = peer.Tags.Tick(cycled, Rendezvous.Tick(route.Line));
        if (isNotice != route.IsOutgoing || bytes != (isNotice ? 0 : route.Slab.Bytes))
            throw new InvalidDataException($"{(isNotice ? "a notice" : "a slab")} of {bytes} bytes came for slab {route.Slab.Id}, which has {route.Slab.Bytes} and goes from worker {route.Slab.From} to worker {route.Slab.To}");
        if (isNotice)
        {
            MpiLibrary.Check(MpiNative.Mrecv(null, 0, MpiLibrary.Loaded.Byte, &message, null), "MPI_Mrecv");
            if (route.Noticed(tick)) Send(route, tick);
            return;
        }
        route.Arriving(tick);
        MpiLibrary.Check(MpiNative.Imrecv((void*)route.Place.Address, 1, places[route].Shape, &message, flight.Next), "MPI_Imrecv");
        flight.Add(route, tick, MpiPurpose.Receive);
        peer.UnderWay++;
    }

    private void Hear(MpiPeer peer, nint message, int bytes)
    {
        if (bytes > MpiPeer.LongestWord) throw new InvalidDataException($"a word of {bytes} bytes came from worker {peer.Rank}; expected at most {MpiPeer.LongestWord}");
        MpiLibrary.Check(MpiNative.Mrecv(wordIn, bytes, MpiLibrary.Loaded.Byte, &message, null), "MPI_Mrecv");
        peer.Hear(new ReadOnlySpan<byte>(wordIn, bytes));
    }

    private bool TakeLeaves()
    {
        var any = false;
        foreach (var peer in peers)
        {
            if (!peer.TakeLeave()) continue;
            any = true;
            // The answer: nothing more will come from here either.
            SendFarewell(peer, leaving ?? "");
            Bell.Ring(worker);
        }
        return any;
    }

    private bool CheckEnded()
    {
        if (leaving is null || flight.Count > 0 || !peers.All(p => p.HasLeft)) return false;
        HasEndedInOrder = true;
        ended.Set();
        return true;
    }

    /// <summary>Nothing can be exchanged any more.</summary>
    private void Fail(Exception why)
    {
        isMpiLost |= why is MpiException;
        foreach (var peer in peers) peer.End(ExchangeFailure.Broken(peer.Rank, why.Message));
        ended.Set();
        Bell.Ring(worker);
        if (isMpiLost) return;
        try
        {
            // A peer that broke the rules learns which.
            foreach (var peer in peers) SendFarewell(peer, why.Message);
        }
        catch (MpiException)
        {
            isMpiLost = true;
        }
    }
}

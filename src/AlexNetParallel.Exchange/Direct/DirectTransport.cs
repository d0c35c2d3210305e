using AlexNetParallel.Exchange.Memory;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange.Direct;

/// <summary>
/// Transports whose workers reach each other's tensors: one copy from the sender's tensor into the receiver's, as a copy between two GPUs is,
/// made by whichever of the two comes second. Subclasses tell where the memory lies and whether a peer still lives.
/// </summary>
public abstract unsafe class DirectTransport : RendezvousTransport
{
    private Link?[] links = [];
    private int[] peers = [];

    private protected DirectTransport(int rank, int workers) : base(rank, workers)
    {
    }

    /// <summary>Makes a peer's page and tensors, and the lines of the slabs that it receives from here, reachable.</summary>
    private protected abstract void Reach(int peer, string address);

    /// <summary>The page of a worker within reach.</summary>
    private protected abstract Endpoint* Page(int rank);

    /// <summary>A tensor of a worker within reach.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    private protected abstract SharedTensor Tensor(int rank, int tensor);

    /// <summary>False once a peer's process has ended. Costs a system call.</summary>
    private protected abstract bool IsAlive(int peer);

    private protected override bool PeerCopies => true;

    private protected override Bell* OwnBell => &Page(Rank)->Bell;

    private protected override Task LinkAsync(SlabTable own, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        foreach (var peer in own.Peers)
        {
            cancellation.ThrowIfCancellationRequested();
            Reach(peer, addresses[peer]);
        }
        links = new Link?[own.IdLimit];
        foreach (var slab in own.Own) links[slab.Id] = Connect(slab, own);
        peers = [.. own.Peers];
        return Task.CompletedTask;
    }

    private protected override void Arrived(Slab slab, Side side, long tick, bool second)
    {
        if (!second) return;
        var link = links[slab.Id]!;
        Rendezvous.Begin(link.Line);
        Rendezvous.Finish(link.Line, tick, Copy(slab, link.Source, link.Destination));
        Bell.Ring(&link.PeerPage->Bell);
    }

    /// <summary>Where a slab begins and ends, as addresses in this process.</summary>
    private protected virtual SlabEnds Ends(Slab slab, int peer) => new(Tensor(slab.From, slab.SourceTensor), Tensor(slab.To, slab.DestinationTensor));

    /// <summary>Moves a slab for which both sides have come; gives its bytes.</summary>
    private protected virtual long Copy(Slab slab, float* source, float* destination) => BoxCopy.Copy(source, slab.Source, destination, slab.Destination, slab.Wire);

    private protected override string? WhyGone(int peer, bool thorough)
    {
        var page = Page(peer);
        if (Endpoint.IsGone(page)) return ExchangeFailure.Left(peer, Endpoint.Reason(page));
        return thorough && !IsAlive(peer) ? ExchangeFailure.Ended(peer) : null;
    }

    private protected override long OverheadBytes(int exchange) => 0;

    private protected override void Leave(string reason)
    {
        Endpoint.Leave(Page(Rank), reason);
        Bell.Ring(OwnBell);
        foreach (var peer in peers) Bell.Ring(&Page(peer)->Bell);
    }

    private protected override void Close()
    {
        // Nothing moves but by the workers' own threads.
    }

    private Link Connect(Slab slab, SlabTable own)
    {
        var (source, destination) = Ends(slab, own.Peer(slab));
        SlabTable.CheckWithin(slab, slab.Source, slab.From, slab.SourceTensor, source.Floats);
        SlabTable.CheckWithin(slab, slab.Destination, slab.To, slab.DestinationTensor, destination.Floats);
        return new Link((float*)source.Address, (float*)destination.Address, Line(slab), Page(own.Peer(slab)));
    }

    /// <summary>The tensors that a slab leaves and enters.</summary>
    private protected readonly record struct SlabEnds(SharedTensor Source, SharedTensor Destination);

    /// <summary>One slab's two ends, as addresses in this process.</summary>
    private sealed class Link(float* source, float* destination, Rendezvous* line, Endpoint* peerPage)
    {
        public float* Source => source;
        public float* Destination => destination;
        public Rendezvous* Line => line;
        public Endpoint* PeerPage => peerPage;
    }
}

using System.Diagnostics;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange.Direct;

/// <summary>
/// Transports whose workers reach each other's tensors: one copy from the sender's tensor into the receiver's, as a copy between two GPUs is.
/// Subclasses tell where the memory lies and whether a peer still lives.
/// </summary>
public abstract unsafe class DirectTransport : ITransport
{
    private readonly Lock gate = new();
    private SlabTable table;
    private Link?[] links = [];
    private Waiter? waiter;
    private volatile string? aborted;
    private Dictionary<int, ExchangeCounters>? final;

    private protected DirectTransport(int rank, int workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, workers);
        Rank = rank;
        Workers = workers;
        table = new SlabTable(rank, workers, []);
    }

    /// <summary>This worker.</summary>
    public int Rank { get; }

    /// <summary>Number of workers.</summary>
    public int Workers { get; }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract nint Allocate(int tensor, long floats);

    /// <inheritdoc/>
    public abstract Task<string> ListenAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public Task ConnectAsync(IReadOnlyList<Slab> slabs, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        if (addresses.Count != Workers)
            throw new ArgumentException($"{addresses.Count} addresses for {Workers} workers", nameof(addresses));
        var own = new SlabTable(Rank, Workers, slabs);
        foreach (var peer in own.Peers)
        {
            cancellation.ThrowIfCancellationRequested();
            Reach(peer, addresses[peer], own);
        }
        var connected = new Link?[own.IdLimit];
        foreach (var slab in own.Own) connected[slab.Id] = Connect(slab, own);
        table = own;
        waiter = new Waiter(&Page(Rank)->Bell);
        links = connected;
        ExchangeMeter.Add(this, Rank, own.Own.Select(s => s.Exchange).Distinct());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void PostReceive(int slab, long tick) => Post(table.Incoming(slab), Side.Receiver, tick);

    /// <inheritdoc/>
    public void PostSend(int slab, long tick) => Post(table.Outgoing(slab), Side.Sender, tick);

    /// <inheritdoc/>
    public void WaitReceived(int slab, long tick) => Wait(table.Incoming(slab), Side.Receiver, tick);

    /// <inheritdoc/>
    public void WaitSent(int slab, long tick) => Wait(table.Outgoing(slab), Side.Sender, tick);

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        lock (gate)
        {
            if (final is not null || aborted is not null) return;
            aborted = reason;
            if (Page(Rank) != null) Leave(reason);
        }
    }

    /// <inheritdoc/>
    public ExchangeCounters Counters(int exchange)
    {
        lock (gate)
        {
            return final is null ? Count(exchange) : final.GetValueOrDefault(exchange);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (final is not null) return;
            final = table.Own.Select(s => s.Exchange).Distinct().ToDictionary(e => e, Count);
            if (Page(Rank) != null) Leave(aborted);
            links = [];
            Release();
        }
        ExchangeMeter.Remove(this);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a peer's page and tensors, and the lines of the slabs that it receives from here, reachable.</summary>
    private protected abstract void Reach(int peer, string address, SlabTable slabs);

    /// <summary>The page of a worker; null before it is reachable.</summary>
    private protected abstract Endpoint* Page(int rank);

    /// <summary>Where the workers of a slab meet: in the receiver's memory.</summary>
    private protected abstract Rendezvous* Line(Slab slab);

    /// <summary>A tensor of a worker within reach.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    private protected abstract SharedTensor Tensor(int rank, int tensor);

    /// <summary>False once a peer's process has ended. May cost a system call.</summary>
    private protected abstract bool IsAlive(int peer);

    /// <summary>Lets go of all memory.</summary>
    private protected abstract void Release();

    private Link Connect(Slab slab, SlabTable own)
    {
        var source = Tensor(slab.From, slab.SourceTensor);
        var destination = Tensor(slab.To, slab.DestinationTensor);
        SlabTable.CheckWithin(slab, slab.Source, slab.From, slab.SourceTensor, source.Floats);
        SlabTable.CheckWithin(slab, slab.Destination, slab.To, slab.DestinationTensor, destination.Floats);
        return new Link(own.Peer(slab), (float*)source.Address, (float*)destination.Address, Line(slab), Page(own.Peer(slab)));
    }

    private void Post(Slab slab, Side side, long tick)
    {
        var began = Stopwatch.GetTimestamp();
        ThrowIfAborted(slab, tick);
        var link = links[slab.Id]!;
        while (true)
        {
            switch (Rendezvous.Come(link.Line, side, tick))
            {
                case Rendezvous.Arrival.First:
                    break;
                case Rendezvous.Arrival.Second:
                    var copied = BoxCopy.Copy(link.Source, slab.Source, link.Destination, slab.Destination);
                    Rendezvous.Finish(link.Line, tick, copied);
                    Bell.Ring(&link.PeerPage->Bell);
                    break;
                case Rendezvous.Arrival.EarlierPending when Rendezvous.Tick(link.Line) < tick:
                    WaitDone(slab, side, Rendezvous.Tick(link.Line));
                    continue;
                default:
                    throw new InvalidOperationException(
                        $"slab {slab.Id} is posted for tick {tick} by worker {Rank}, but stands at tick {Rendezvous.Tick(link.Line)}: ticks must rise, on all workers alike");
            }
            table.Expose(slab.Exchange, began);
            return;
        }
    }

    private void Wait(Slab slab, Side side, long tick)
    {
        var began = Stopwatch.GetTimestamp();
        ThrowIfAborted(slab, tick);
        WaitDone(slab, side, tick);
        table.Expose(slab.Exchange, began);
    }

    private void WaitDone(Slab slab, Side side, long tick)
    {
        var wait = new DoneCondition(this, slab, side, tick);
        waiter!.Wait(ref wait);
    }

    private void Leave(string? reason)
    {
        Endpoint.Leave(Page(Rank), reason);
        Bell.Ring(&Page(Rank)->Bell);
        foreach (var peer in table.Peers) Bell.Ring(&Page(peer)->Bell);
    }

    private ExchangeCounters Count(int exchange)
    {
        long sent = 0, received = 0, messages = 0;
        foreach (var slab in table.Own)
        {
            if (slab.Exchange != exchange) continue;
            var line = links[slab.Id]!.Line;
            (slab.From == Rank ? ref sent : ref received) += line->Bytes;
            messages += line->Messages;
        }
        return new ExchangeCounters(sent, received, 0, messages, table.ExposedSeconds(exchange));
    }

    private void ThrowIfAborted(Slab slab, long tick)
    {
        if (aborted is { } reason) throw ExchangeFailure.Aborted(Rank, slab, tick, reason);
    }

    /// <summary>One slab's two ends, as addresses in this process.</summary>
    private sealed class Link(int peer, float* source, float* destination, Rendezvous* line, Endpoint* peerPage)
    {
        public int Peer => peer;
        public float* Source => source;
        public float* Destination => destination;
        public Rendezvous* Line => line;
        public Endpoint* PeerPage => peerPage;
    }

    private readonly struct DoneCondition(DirectTransport transport, Slab slab, Side side, long tick) : IWaitCondition
    {
        private readonly Link link = transport.links[slab.Id]!;

        public bool IsMet() => Rendezvous.IsDone(link.Line, tick);

        public void ThrowIfHopeless(bool thorough)
        {
            transport.ThrowIfAborted(slab, tick);
            if (!Rendezvous.IsPosted(link.Line, side, tick) && !IsMet())
                throw new InvalidOperationException($"worker {transport.Rank} waits for slab {slab.Id} of tick {tick}, which it has not posted");
            var left = Endpoint.IsGone(link.PeerPage);
            if (!left && (!thorough || transport.IsAlive(link.Peer))) return;
            // It may have made the copy just before it went.
            if (IsMet()) return;
            throw left
                ? ExchangeFailure.Left(link.Peer, slab, tick, Endpoint.Reason(link.PeerPage))
                : ExchangeFailure.Ended(link.Peer, slab, tick);
        }
    }
}

/// <summary>A tensor's memory as this process sees it.</summary>
/// <param name="Address">Its first float.</param>
/// <param name="Floats">Its size.</param>
internal readonly record struct SharedTensor(nint Address, long Floats);

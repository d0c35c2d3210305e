using System.Diagnostics;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange;

/// <summary>
/// What all transports share: for each slab a <see cref="Rendezvous"/> where its sender and its receiver meet, waits that end when the peer is gone,
/// counters. Subclasses move the bytes once both are there.
/// </summary>
public abstract class RendezvousTransport : ITransport
{
    private readonly Lock gate = new();
    private SlabTable table;
    private unsafe Rendezvous*[] lines = [];
    private Waiter? waiter;
    private volatile string? aborted;
    private Dictionary<int, ExchangeCounters>? final;

    private protected RendezvousTransport(int rank, int workers)
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
    public async Task ConnectAsync(IReadOnlyList<Slab> slabs, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        if (addresses.Count != Workers)
            throw new ArgumentException($"{addresses.Count} addresses for {Workers} workers", nameof(addresses));
        if (table.Own.Count > 0) throw new InvalidOperationException("the transport is connected already");
        var own = new SlabTable(Rank, Workers, slabs);
        await LinkAsync(own, addresses, cancellation).ConfigureAwait(false);
        Use(own);
        ExchangeMeter.Add(this, Rank, own.Exchanges);
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
    public virtual long MappedBytes => 0;

    /// <inheritdoc/>
    public virtual bool MovesBetweenDevices(int slab) => false;

    /// <inheritdoc/>
    public unsafe (long Begin, long End) LastMove(int slab)
    {
        var line = lines[table.Incoming(slab).Id];
        return (line->Since, line->Until);
    }

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        lock (gate)
        {
            if (final is not null || aborted is not null) return;
            aborted = reason;
            Leave(reason);
        }
    }

    /// <inheritdoc/>
    public unsafe ExchangeTimes Times
    {
        get
        {
            lock (gate)
            {
                var moving = 0L;
                foreach (var line in lines)
                    if (line != null) moving += line->Moving;
                return new ExchangeTimes(table.ExposedSeconds, table.IdleSeconds, moving / (double)Stopwatch.Frequency);
            }
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
            if (aborted is null) Leave("");
            Close();
            final = table.Exchanges.ToDictionary(e => e, Count);
            unsafe
            {
                lines = [];
            }
            Release();
        }
        ExchangeMeter.Remove(this);
        GC.SuppressFinalize(this);
    }

    /// <summary>Links up with the peers, and makes <see cref="Line"/> known for this worker's slabs.</summary>
    private protected abstract Task LinkAsync(SlabTable own, IReadOnlyList<string> addresses, CancellationToken cancellation);

    /// <summary>Where the two workers of a slab meet.</summary>
    private protected abstract unsafe Rendezvous* Line(Slab slab);

    /// <summary>What this worker's thread sleeps on.</summary>
    private protected abstract unsafe Bell* OwnBell { get; }

    /// <summary>This worker has come to a rendezvous: as the second (then both are there, and the slab may move), or as the first.</summary>
    private protected abstract void Arrived(Slab slab, Side side, long tick, bool second);

    /// <summary>This worker's thread begins to wait for a slab, or has done so. For transports in which a slab does not move by itself.</summary>
    private protected virtual void Waiting(bool begins)
    {
    }

    /// <summary>True where a slab that moves is being copied by the peer's own thread, without a pause.</summary>
    private protected virtual bool PeerCopies => false;

    /// <summary>Why a peer takes no further part; null if it does.</summary>
    /// <param name="peer">Its rank.</param>
    /// <param name="thorough">Look also at what costs a system call.</param>
    private protected abstract string? WhyGone(int peer, bool thorough);

    /// <summary>Bytes sent besides payload for an exchange.</summary>
    private protected abstract long OverheadBytes(int exchange);

    /// <summary>Tells the peers, as far as there are any, that this worker leaves; empty if all is well. Wakes its own thread.</summary>
    private protected abstract void Leave(string reason);

    /// <summary>Ends everything that still moves slabs.</summary>
    private protected abstract void Close();

    /// <summary>Lets go of all memory.</summary>
    private protected abstract void Release();

    private unsafe void Use(SlabTable own)
    {
        var found = new Rendezvous*[own.IdLimit];
        foreach (var slab in own.Own) found[slab.Id] = Line(slab);
        waiter = new Waiter(OwnBell);
        lines = found;
        table = own;
    }

    private unsafe void Post(Slab slab, Side side, long tick)
    {
        var began = Stopwatch.GetTimestamp();
        ThrowIfAborted(slab, tick);
        var line = lines[slab.Id];
        var arrival = Rendezvous.Come(line, side, tick);
        if (arrival == Rendezvous.Arrival.EarlierPending && Rendezvous.Tick(line) < tick)
        {
            WaitDone(slab, side, Rendezvous.Tick(line));
            arrival = Rendezvous.Come(line, side, tick);
        }
        if (arrival is not (Rendezvous.Arrival.First or Rendezvous.Arrival.Second))
        {
            throw new InvalidOperationException(
                $"slab {slab.Id} is posted for tick {tick} by worker {Rank}, but stands at tick {Rendezvous.Tick(line)}: ticks must rise, on all workers alike");
        }
        Arrived(slab, side, tick, arrival == Rendezvous.Arrival.Second);
        table.Expose(slab.Exchange, tick, began);
    }

    private unsafe void Wait(Slab slab, Side side, long tick)
    {
        var began = Stopwatch.GetTimestamp();
        ThrowIfAborted(slab, tick);
        WaitDone(slab, side, tick);
        table.Idle(began, lines[slab.Id]->Since);
        table.Expose(slab.Exchange, tick, began);
    }

    private void WaitDone(Slab slab, Side side, long tick)
    {
        var wait = new DoneCondition(this, slab, side, tick);
        if (wait.IsMet()) return;
        Waiting(begins: true);
        try
        {
            waiter!.Wait(ref wait);
        }
        finally
        {
            Waiting(begins: false);
        }
    }

    private unsafe ExchangeCounters Count(int exchange)
    {
        long sent = 0, received = 0, messages = 0;
        foreach (var slab in table.Own)
        {
            if (slab.Exchange != exchange) continue;
            var line = lines[slab.Id];
            (slab.From == Rank ? ref sent : ref received) += line->Bytes;
            messages += line->Messages;
        }
        var exposed = table.Exposed(exchange);
        var (p50, p95) = exposed?.Percentiles() ?? default;
        return new ExchangeCounters(sent, received, OverheadBytes(exchange), messages, exposed?.Seconds ?? 0, p50, p95);
    }

    private void ThrowIfAborted(Slab slab, long tick)
    {
        if (aborted is { } reason) throw Failure($"worker {Rank} was told to stop ({reason})", slab, tick);
    }

    private static ExchangeException Failure(string what, Slab slab, long tick) =>
        new($"{what}, at slab {slab.Id} of exchange {slab.Exchange} (worker {slab.From} to worker {slab.To}), tick {tick}");

    private readonly unsafe struct DoneCondition(RendezvousTransport transport, Slab slab, Side side, long tick) : IWaitCondition
    {
        private readonly Rendezvous* line = transport.lines[slab.Id];

        public bool IsMet() => Rendezvous.IsDone(line, tick);

        public bool IsNear() => transport.PeerCopies && Rendezvous.IsMoving(line, tick);

        public void ThrowIfHopeless(bool thorough)
        {
            transport.ThrowIfAborted(slab, tick);
            if (!Rendezvous.IsPosted(line, side, tick) && !IsMet())
                throw new InvalidOperationException($"worker {transport.Rank} waits for slab {slab.Id} of tick {tick}, which it has not posted");
            // The slab may have moved just before the peer went.
            if (transport.WhyGone(transport.table.Peer(slab), thorough) is { } why && !IsMet()) throw Failure(why, slab, tick);
        }
    }
}

using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange;

/// <summary>
/// Moves slabs between workers. Both sides know the table of slabs from the plan, so a message is only (slab, tick): a tick is one run of the
/// program (a training step or a test batch), counted from 1 and rising on all workers alike. Each slab moves at most once a tick. One
/// thread calls these methods; progress may happen on others. Nothing is allocated after <see cref="ConnectAsync"/>.
/// </summary>
public interface ITransport : IDisposable
{
    /// <summary>"in-process", "peer", "grpc", "relay", "mpi".</summary>
    string Name { get; }

    /// <summary>Zeroed memory, 4096-aligned, for a tensor that slabs leave or enter. Called for each such tensor of this worker before <see cref="ConnectAsync"/>.</summary>
    /// <param name="tensor">The plan's number of the tensor on this worker.</param>
    /// <param name="floats">Its size.</param>
    nint Allocate(int tensor, long floats);

    /// <summary>Tells what this worker's peers need to reach it (opaque; carried by the coordinator). Called after all allocations.</summary>
    Task<string> ListenAsync(CancellationToken cancellation);

    /// <summary>Links up with all peers that share a slab with this worker.</summary>
    /// <param name="slabs">All slabs of the plan that leave or enter this worker.</param>
    /// <param name="addresses">What each rank's <see cref="ListenAsync"/> told, by rank.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    Task ConnectAsync(IReadOnlyList<Slab> slabs, IReadOnlyList<string> addresses, CancellationToken cancellation);

    /// <summary>The slab's destination may be written from now on for this tick.</summary>
    void PostReceive(int slab, long tick);

    /// <summary>
    /// The slab's source is ready: sending begins. May wait for the receiver's <see cref="PostReceive"/>, never for its compute. May be called from one thread while
    /// another calls the other methods: a device's results are ready at a time of their own.
    /// </summary>
    void PostSend(int slab, long tick);

    /// <summary>Waits until the slab of this tick lies in its destination. Spins briefly, then blocks.</summary>
    /// <exception cref="ExchangeException">The peer or the job is gone.</exception>
    void WaitReceived(int slab, long tick);

    /// <summary>Waits until the slab's source may be overwritten.</summary>
    /// <exception cref="ExchangeException">The peer or the job is gone.</exception>
    void WaitSent(int slab, long tick);

    /// <summary>Makes every wait, now and later, throw <see cref="ExchangeException"/> with this reason. May be called from any thread.</summary>
    void Abort(string reason);

    /// <summary>
    /// True where the slab goes straight from device to device: the tensor's host memory (<see cref="Allocate"/>) has no part in it. Known after <see cref="ConnectAsync"/>.
    /// </summary>
    bool MovesBetweenDevices(int slab);

    /// <summary>Bytes of other workers' tensors that this process sees in its own memory: counted as resident here too, though they are theirs.</summary>
    long MappedBytes { get; }

    /// <summary>From when to when a slab of this worker that has arrived was on its way the last time: Stopwatch times of this host. Allocates nothing.</summary>
    (long Begin, long End) LastMove(int slab);

    /// <summary>Where the time of all exchanges went at this worker since it connected. Allocates nothing.</summary>
    ExchangeTimes Times { get; }

    /// <summary>What has crossed so far for one exchange, at this worker.</summary>
    ExchangeCounters Counters(int exchange);
}

/// <summary>What one worker counted for one exchange since it connected.</summary>
/// <param name="PayloadBytesSent">Bytes of tensors sent. Must equal the plan's number times the ticks.</param>
/// <param name="PayloadBytesReceived">Bytes of tensors received.</param>
/// <param name="OverheadBytesSent">Bytes sent besides: headers, frames as far as the program writes them.</param>
/// <param name="Messages">Slabs sent and received.</param>
/// <param name="ExposedSeconds">Time in which the worker's thread did nothing but send or wait.</param>
/// <param name="ExposedP50">The same in one tick: median of the last ticks (at most 1024).</param>
/// <param name="ExposedP95">The same: 95 of 100 ticks took no longer.</param>
/// <param name="WrongFloats">Floats that did not arrive as they were sent; counted only where somebody checks (<see cref="Benchmarks.PlanExchanges"/>).</param>
public readonly record struct ExchangeCounters(
    long PayloadBytesSent, long PayloadBytesReceived, long OverheadBytesSent, long Messages, double ExposedSeconds, double ExposedP50 = 0, double ExposedP95 = 0, long WrongFloats = 0);

/// <summary>Where the time of exchanges went at one worker.</summary>
/// <param name="Exposed">Seconds in which the worker's thread did nothing but send or wait.</param>
/// <param name="Idle">The part of <paramref name="Exposed"/> in which nothing moved yet, because the other worker had not come so far: not a cost of the exchange.</param>
/// <param name="Moving">Seconds in which slabs were on their way, whether the worker's thread computed meanwhile or not; slab by slab, even if two moved at once.</param>
public readonly record struct ExchangeTimes(double Exposed, double Idle, double Moving)
{
    /// <summary>What passed between two readings.</summary>
    public static ExchangeTimes operator -(ExchangeTimes later, ExchangeTimes earlier) =>
        new(later.Exposed - earlier.Exposed, later.Idle - earlier.Idle, later.Moving - earlier.Moving);

    /// <summary>
    /// The same as a device with a queue of its own notices it: the thread waits ahead of the device, which meanwhile computes what it was asked for before. That covers the
    /// beginning of the thread's wait, in which the other worker had not come so far.
    /// </summary>
    /// <param name="starved">Seconds in which the device had nothing to do.</param>
    public ExchangeTimes NoticedBy(double starved) =>
        this with { Exposed = starved, Idle = Math.Min(starved, Math.Max(0, Idle - Math.Max(0, Exposed - starved))) };
}

/// <summary>An exchange could not go on: a peer is gone, or the job was aborted. The message says which and at which slab.</summary>
public sealed class ExchangeException(string message, Exception? inner = null) : Exception(message, inner);

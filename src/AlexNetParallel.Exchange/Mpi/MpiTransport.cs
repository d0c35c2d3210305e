using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Memory;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>
/// Workers that are processes of one MPI job, on one host or on many. Slabs go from tensor to tensor by MPI's own means, moved by a thread of their own while the worker computes.
/// The worker's rank need not be its rank in MPI_COMM_WORLD. One at a time in a process.
/// </summary>
public sealed class MpiTransport : RendezvousTransport
{
    private static readonly TimeSpan closeTimeout = TimeSpan.FromSeconds(2);

    private readonly TensorMemory tensors;
    private readonly CancellationTokenSource leaving = new();
    private readonly unsafe Bell* bell = (Bell*)AllocateZeroed(sizeof(Bell));
    private SlabRoute?[] routes = [];
    private MpiLinks? links;
    private bool hasEnded = true;
    private nint lines;

    /// <param name="rank">This worker.</param>
    /// <param name="workers">Number of workers.</param>
    public MpiTransport(int rank, int workers) : base(rank, workers) => tensors = new TensorMemory(rank);

    /// <summary>Name and version of the MPI that is installed, e.g. "Open MPI v4.1.4".</summary>
    /// <exception cref="MpiException">None is.</exception>
    public static string Version => MpiLibrary.Loaded.Version;

    /// <summary>What the worker at a rank of this process's MPI job tells as its address, for those who know the ranks already.</summary>
    public static string AddressOf(int rank) => new MpiAddress(MpiProcess.Job, rank).ToString();

    /// <inheritdoc/>
    public override string Name => "mpi";

    /// <inheritdoc/>
    public override nint Allocate(int tensor, long floats) => tensors.Allocate(tensor, floats);

    /// <inheritdoc/>
    /// <exception cref="MpiException">The process belongs to no MPI job, or MPI is not installed or did not begin.</exception>
    public override Task<string> ListenAsync(CancellationToken cancellation) => UnlessLeaving(async token =>
    {
        if (!MpiProcess.IsLaunched)
            throw new MpiException($"worker {Rank} belongs to no MPI job, which the transport mpi needs; start all workers by one launcher: mpirun -n {Workers} --bind-to none ./alexnet worker --coordinator HOST:PORT");
        var process = MpiProcess.Current;
        await process.Started.WaitAsync(token).ConfigureAwait(false);
        return AddressOf(process.Rank);
    }, cancellation);

    private protected override unsafe Bell* OwnBell => bell;

    private protected override Task LinkAsync(SlabTable own, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        links = MakeLinks(own, addresses);
        return UnlessLeaving(async token =>
        {
            foreach (var greeting in links.Open()) await greeting.WaitAsync(token).ConfigureAwait(false);
            return 0;
        }, cancellation);
    }

    private unsafe MpiLinks MakeLinks(SlabTable own, IReadOnlyList<string> addresses)
    {
        lines = AllocateZeroed(Math.Max(1, own.Own.Count) * Rendezvous.LineBytes);
        routes = new SlabRoute?[own.IdLimit];
        for (var i = 0; i < own.Own.Count; i++) routes[own.Own[i].Id] = Route(own.Own[i], (Rendezvous*)lines + i);
        return new MpiLinks(MpiProcess.Current, own, routes, WorldRanks(own, addresses), bell);
    }

    private protected override unsafe Rendezvous* Line(Slab slab) => routes[slab.Id]!.Line;

    private protected override void Arrived(Slab slab, Side side, long tick, bool second)
    {
        // The sender's bytes go once the receiver's notice is there; the receiver's notice goes at once.
        if (second == (side == Side.Sender)) links!.Post(routes[slab.Id]!, tick);
    }

    private protected override void Waiting(bool begins) => links!.Await(begins);

    private protected override string? WhyGone(int peer, bool thorough) => links!.WhyGone(peer);

    /// <summary>None: slab and tick are in the tag, which is MPI's own.</summary>
    private protected override long OverheadBytes(int exchange) => 0;

    private protected override unsafe void Leave(string reason)
    {
        leaving.Cancel();
        links?.Leave(reason);
        Bell.Ring(bell);
    }

    private protected override void Close() => hasEnded = links?.Close(closeTimeout) ?? true;

    private protected override unsafe void Release()
    {
        leaving.Dispose();
        // MPI may still use the memory: better to lose it than to let strange bytes be written.
        if (!hasEnded) return;
        links?.Dispose();
        foreach (var route in routes) route?.Dispose();
        tensors.Free();
        NativeMemory.AlignedFree((void*)lines);
        NativeMemory.AlignedFree(bell);
    }

    private int[] WorldRanks(SlabTable own, IReadOnlyList<string> addresses)
    {
        var ranks = new int[Workers];
        foreach (var worker in own.Peers.Append(Rank))
        {
            if (!MpiAddress.TryParse(addresses[worker], out var address))
                throw new ArgumentException($"the address of worker {worker} is not one of the mpi transport: found '{addresses[worker]}', expected 'mpi:JOB:RANK'. All workers must use the same transport.");
            if (address.Job != MpiProcess.Job || address.Rank >= MpiProcess.Current.Size)
                throw new MpiException($"worker {worker} belongs to another MPI job than worker {Rank} ('{address.Job}' and '{MpiProcess.Job}'); start all workers by one mpirun");
            ranks[worker] = address.Rank;
        }
        return ranks;
    }

    private unsafe SlabRoute Route(Slab slab, Rendezvous* line)
    {
        var outgoing = slab.From == Rank;
        var tensor = outgoing ? slab.SourceTensor : slab.DestinationTensor;
        var memory = tensors[tensor];
        SlabTable.CheckWithin(slab, outgoing ? slab.Source : slab.Destination, Rank, tensor, memory.Floats);
        if (slab.Bytes > int.MaxValue) throw new ArgumentException($"slab {slab.Id} has {slab.Bytes} bytes; a message of MPI holds {int.MaxValue}");
        return new SlabRoute(slab, outgoing, memory.Address, line, bell);
    }

    private async Task<T> UnlessLeaving<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, leaving.Token);
        try
        {
            return await work(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            throw new ExchangeException($"worker {Rank} was told to stop before it had linked up with its peers");
        }
    }

    private static unsafe nint AllocateZeroed(int bytes)
    {
        var memory = NativeMemory.AlignedAlloc((nuint)bytes, 2 * Rendezvous.LineBytes);
        NativeMemory.Clear(memory, (nuint)bytes);
        return (nint)memory;
    }
}

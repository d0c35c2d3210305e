using System.Net;
using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Memory;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>
/// Workers anywhere that a connection reaches: one long-lived gRPC stream for each pair, opened by the worker of higher rank. Slabs go from
/// the tensor into the connection and from the connection into the tensor on threads of the pool, while the worker computes.
/// </summary>
public sealed unsafe class GrpcTransport : RendezvousTransport
{
    private readonly TensorMemory tensors;
    private readonly StreamLink?[] links;
    private readonly Links set;
    private readonly Bell* bell = (Bell*)AllocateZeroed(sizeof(Bell));
    private SlabRoute?[] routes = [];
    private nint lines;

    /// <param name="rank">This worker.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="options">How they reach each other; null for the defaults.</param>
    public GrpcTransport(int rank, int workers, GrpcTransportOptions? options = null) : this(rank, workers, "grpc", links => new LinkSet(options ?? new GrpcTransportOptions(), links))
    {
    }

    private GrpcTransport(int rank, int workers, string name, Func<StreamLink?[], Links> connect) : base(rank, workers)
    {
        Name = name;
        tensors = new TensorMemory(rank);
        links = new StreamLink?[workers];
        set = connect(links);
    }

    /// <summary>Workers that only reach the coordinator: every slab goes to the <see cref="RelayService"/> there, and from there to its worker.</summary>
    /// <param name="rank">This worker.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="options">With the relay's address.</param>
    public static GrpcTransport ThroughRelay(int rank, int workers, GrpcTransportOptions options) => new(rank, workers, "relay", links => new RelayLinks(options, links));

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override nint Allocate(int tensor, long floats) => tensors.Allocate(tensor, floats);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The address can be reached from other machines and the options give no protection.</exception>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public override Task<string> ListenAsync(CancellationToken cancellation) => set.ListenAsync(cancellation);

    private protected override Bell* OwnBell => bell;

    private protected override Task LinkAsync(SlabTable own, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        lines = AllocateZeroed(Math.Max(1, own.Own.Count) * Rendezvous.LineBytes);
        routes = new SlabRoute?[own.IdLimit];
        for (var i = 0; i < own.Own.Count; i++)
        {
            var slab = own.Own[i];
            routes[slab.Id] = Route(slab, (Rendezvous*)lines + i);
        }
        foreach (var peer in own.Peers) links[peer] = new StreamLink(peer, routes, () => Bell.Ring(bell));
        return set.LinkAsync(own, addresses, cancellation);
    }

    private protected override Rendezvous* Line(Slab slab) => routes[slab.Id]!.Line;

    private protected override void Arrived(Slab slab, Side side, long tick, bool second)
    {
        // The sender's bytes go once the receiver's notice is there; the receiver's notice goes at once.
        if (second == (side == Side.Sender)) links[side == Side.Sender ? slab.To : slab.From]!.Send(routes[slab.Id]!, tick);
    }

    private protected override string? WhyGone(int peer, bool thorough) => links[peer]!.WhyGone;

    private protected override long OverheadBytes(int exchange) =>
        routes.Sum(r => r is not null && r.Slab.Exchange == exchange ? r.Overhead : 0);

    private protected override void Leave(string reason)
    {
        set.Leave(reason);
        Bell.Ring(bell);
    }

    private protected override void Close() => set.Close();

    private protected override void Release()
    {
        // A loop that could not be ended may still use the memory: better to lose it than to let strange bytes be written.
        if (!set.HasEnded) return;
        foreach (var link in links) link?.Dispose();
        foreach (var route in routes) route?.Dispose();
        tensors.Free();
        NativeMemory.AlignedFree((void*)lines);
        NativeMemory.AlignedFree(bell);
    }

    private SlabRoute Route(Slab slab, Rendezvous* line)
    {
        var outgoing = slab.From == Rank;
        var tensor = outgoing ? slab.SourceTensor : slab.DestinationTensor;
        var memory = tensors[tensor];
        SlabTable.CheckWithin(slab, outgoing ? slab.Source : slab.Destination, Rank, tensor, memory.Floats);
        if (slab.Bytes > TensorStream.LongestPayload)
            throw new ArgumentException($"slab {slab.Id} has {slab.Bytes} bytes; a gRPC message holds {TensorStream.LongestPayload}");
        return new SlabRoute(slab, outgoing, memory.Address, line, bell);
    }

    private static nint AllocateZeroed(int bytes)
    {
        var memory = NativeMemory.AlignedAlloc((nuint)bytes, Rendezvous.LineBytes);
        NativeMemory.Clear(memory, (nuint)bytes);
        return (nint)memory;
    }
}

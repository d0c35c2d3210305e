using System.Collections.Concurrent;
using System.Globalization;
using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>
/// Passes slabs between workers that cannot reach each other: each opens a stream here for each of its peers, and what comes on one goes out on the other, message by
/// message, whole. The scheme in which the coordinator exchanges the activations.
/// </summary>
/// <param name="workers">Number of workers.</param>
public sealed class RelayService(int workers) : TensorExchangeBase
{
    private const string PeerName = "alexnet-peer";

    private readonly ConcurrentDictionary<(int Low, int High), RelayPair> pairs = new();
    private long payloadBytes;

    /// <summary>Payload that has passed, both ways.</summary>
    public long PayloadBytes => Volatile.Read(ref payloadBytes);

    /// <summary>Tells the relay whom a worker's stream is for.</summary>
    internal static Metadata.Entry PeerHeader(int peer) => new(PeerName, peer.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override async Task Open(TensorStream stream, TensorCall context)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(context);
        var (rank, peer) = (Rank(context, LinkService.RankHeader), Rank(context, PeerName));
        if (rank == peer) throw Refusal(StatusCode.InvalidArgument, $"worker {rank} wants a stream to itself");
        var pair = pairs.GetOrAdd((Math.Min(rank, peer), Math.Max(rank, peer)), _ => new RelayPair());
        await pair.RunAsync(rank > peer, new RelayEnd(rank, stream, context.RequestHeaders.GetValue(LinkService.PlanHeader)), bytes => Interlocked.Add(ref payloadBytes, bytes), context.CancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>A refusal in words.</summary>
    internal static RpcException Refusal(StatusCode code, string why) => new(new Status(code, why));

    private int Rank(TensorCall context, string header)
    {
        var given = context.RequestHeaders.GetValue(header);
        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var rank) && rank < workers
            ? rank
            : throw Refusal(StatusCode.InvalidArgument, $"found {header} '{given ?? "(none)"}'; expected the rank of one of {workers} workers");
    }
}

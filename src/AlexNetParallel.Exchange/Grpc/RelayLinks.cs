using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>Streams through a <see cref="RelayService"/>: one for each peer, all over one connection that this worker opens. Nobody needs to reach the worker.</summary>
/// <param name="options">How; with <see cref="GrpcTransportOptions.Relay"/>.</param>
/// <param name="links">By rank of the peer.</param>
internal sealed class RelayLinks(GrpcTransportOptions options, StreamLink?[] links) : Links(links, options.CloseTimeout)
{
    private const string Address = "relay";

    private RpcChannel? channel;

    /// <inheritdoc/>
    public override Task<string> ListenAsync(CancellationToken cancellation) => Task.FromResult(Address);

    /// <inheritdoc/>
    protected override void OpenAll(SlabTable own, IReadOnlyList<string> addresses)
    {
        foreach (var peer in own.Peers)
        {
            if (addresses[peer] != Address) throw new ArgumentException($"the address of worker {peer} is not one of the relay transport: found '{addresses[peer]}', expected '{Address}'. All workers must use the same transport.");
        }
        var relay = options.Relay ?? throw new InvalidOperationException("the relay transport needs the relay's address");
        channel = RpcChannel.Open(relay, new RpcChannelOptions { Security = options.Security, KeepAliveDelay = options.KeepAlive, KeepAliveTimeout = options.KeepAlive });
        foreach (var peer in own.Peers)
            _ = ByRank[peer]!.RunAsync(() => TensorExchange.Open(channel, [.. LinkService.Headers(own, peer), RelayService.PeerHeader(peer)]));
    }

    /// <inheritdoc/>
    protected override void CloseConnections() => channel?.Dispose();
}

using System.Net;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>Streams straight to the peers: opens those to lower ranks, takes those of higher ranks.</summary>
/// <param name="options">How.</param>
/// <param name="links">By rank of the peer.</param>
internal sealed class LinkSet(GrpcTransportOptions options, StreamLink?[] links) : Links(links, options.CloseTimeout)
{
    private readonly LinkService service = new();
    private readonly List<RpcChannel> channels = [];
    private TensorServer? server;

    /// <inheritdoc/>
    public override async Task<string> ListenAsync(CancellationToken cancellation)
    {
        if (server is not null) throw new InvalidOperationException("the transport listens already");
        var settings = new RpcServerOptions
        {
            Listen = [options.Listen],
            Security = options.Security,
            KeepAliveDelay = options.KeepAlive,
            KeepAliveTimeout = options.KeepAlive,
            ShutdownTimeout = options.CloseTimeout,
        };
        server = await TensorServer.StartAsync(settings, service, cancellation).ConfigureAwait(false);
        var address = server.Addresses[0];
        if (address.UnixPath is not null) return address.ToString();
        var host = options.AdvertisedHost ?? (options.Listen.Host == "*" ? Dns.GetHostName() : options.Listen.Host);
        return RpcAddress.Tcp(host, address.Port).ToString();
    }

    /// <inheritdoc/>
    public override void Leave(string reason)
    {
        base.Leave(reason);
        service.Refuse();
    }

    /// <inheritdoc/>
    protected override void OpenAll(SlabTable own, IReadOnlyList<string> addresses)
    {
        if (server is null) throw new InvalidOperationException("ListenAsync comes before ConnectAsync");
        service.Accept(own, ByRank);
        foreach (var peer in own.Peers.Where(p => p < own.Rank)) Open(own, peer, addresses[peer]);
    }

    /// <inheritdoc/>
    protected override void CloseConnections()
    {
        foreach (var channel in channels) channel.Dispose();
        if (server is not null) Task.Run(() => server.DisposeAsync().AsTask()).Wait();
    }

    private void Open(SlabTable own, int peer, string address)
    {
        RpcAddress parsed;
        try
        {
            parsed = RpcAddress.Parse(address);
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"the address of worker {peer} is not one of the grpc transport: {e.Message} All workers must use the same transport.", e);
        }
        var channel = RpcChannel.Open(parsed, new RpcChannelOptions
        {
            Security = options.Security,
            KeepAliveDelay = options.KeepAlive,
            KeepAliveTimeout = options.KeepAlive,
        });
        channels.Add(channel);
        _ = ByRank[peer]!.RunAsync(() => TensorExchange.Open(channel, LinkService.Headers(own, peer)));
    }
}

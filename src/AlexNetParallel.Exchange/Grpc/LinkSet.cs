using System.Net;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>The streams of one worker to all of its peers: opens those to lower ranks, takes those of higher ranks, ends all of them.</summary>
/// <param name="options">How.</param>
/// <param name="links">By rank of the peer; filled before <see cref="LinkAsync"/>.</param>
internal sealed class LinkSet(GrpcTransportOptions options, StreamLink?[] links)
{
    private readonly LinkService service = new();
    private readonly CancellationTokenSource leaving = new();
    private readonly List<RpcChannel> channels = [];
    private RpcServer? server;

    /// <summary>True when nothing moves any more. False after <see cref="Close"/> only if a connection could not be ended.</summary>
    public bool HasEnded => links.All(l => l is null || l.Ended.IsCompleted);

    /// <summary>Begins to listen; gives the address.</summary>
    public async Task<string> ListenAsync(CancellationToken cancellation)
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
        server = await RpcServer.StartAsync(settings, services => services.Add<TensorExchangeBase>(service), cancellation).ConfigureAwait(false);
        var address = server.Addresses[0];
        if (address.UnixPath is not null) return address.ToString();
        var host = options.AdvertisedHost ?? (options.Listen.Host == "*" ? Dns.GetHostName() : options.Listen.Host);
        return RpcAddress.Tcp(host, address.Port).ToString();
    }

    /// <summary>Links up with all peers.</summary>
    public async Task LinkAsync(SlabTable own, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        if (server is null) throw new InvalidOperationException("ListenAsync comes before ConnectAsync");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, leaving.Token);
        service.Accept(own, links);
        foreach (var peer in own.Peers.Where(p => p < own.Rank)) Open(own, peer, addresses[peer]);
        try
        {
            foreach (var peer in own.Peers) await links[peer]!.Greeted.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            throw new ExchangeException($"worker {own.Rank} was told to stop before it had linked up with its peers");
        }
    }

    /// <summary>Tells all peers that this worker leaves, after what it has sent.</summary>
    public void Leave(string reason)
    {
        foreach (var link in links) link?.Leave(reason);
        service.Refuse();
        leaving.Cancel();
    }

    /// <summary>Gives the peers time to take what was sent, then ends everything.</summary>
    public void Close()
    {
        WaitEnded();
        foreach (var link in links) link?.Cancel();
        foreach (var channel in channels) channel.Dispose();
        if (server is not null) Task.Run(() => server.DisposeAsync().AsTask()).Wait();
        WaitEnded();
        leaving.Dispose();
    }

    private void WaitEnded() => Task.WhenAll(links.OfType<StreamLink>().Select(l => l.Ended)).Wait(options.CloseTimeout);

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
        _ = RunAsync(links[peer]!, TensorExchange.Open(channel, LinkService.Headers(own, peer)));
    }

    private static async Task RunAsync(StreamLink link, TensorStream stream)
    {
        using (stream) await link.RunAsync(stream).ConfigureAwait(false);
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using AlexNetParallel.Rpc.Hosting;
using Grpc.Core;

namespace AlexNetParallel.Rpc;

/// <summary>
/// A way to a server. Connects with the first call, and again after a break. One channel serves any number of clients, calls and threads.
/// </summary>
/// <example><code>
/// using var channel = RpcChannel.Open(RpcAddress.Parse("127.0.0.1:5000"));
/// var client = new Coordinator.CoordinatorClient(channel);
/// var answer = await client.RegisterAsync(request, deadline: DateTime.UtcNow.AddSeconds(5));
/// </code></example>
public sealed class RpcChannel : ChannelBase, IDisposable
{
    /// <summary>Flow-control window of a stream in bytes. More than 1 MiB was measured to gain nothing on one host.</summary>
    internal const int WindowBytes = 1024 * 1024;

    private readonly CallInvoker _invoker;
    private readonly IDisposable _owned;
    private readonly CancellationTokenSource _closed = new();

    private RpcChannel(RpcAddress address, RpcChannelOptions options, CallInvoker invoker, IDisposable owned) : base(address.ToString()) => (Address, Options, _invoker, _owned) = (address, options, invoker, owned);

    /// <summary>Where it leads.</summary>
    internal RpcAddress Address { get; }

    /// <summary>How.</summary>
    internal RpcChannelOptions Options { get; }

    /// <summary>Cancelled when the channel is disposed.</summary>
    internal CancellationToken Closed => _closed.Token;

    /// <summary>Opens a channel; nothing is sent yet.</summary>
    /// <exception cref="InvalidOperationException">The address needs protection that the options do not give.</exception>
    /// <exception cref="ArgumentException">The address stands for all interfaces, or has no port.</exception>
    public static RpcChannel Open(RpcAddress address, RpcChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= new RpcChannelOptions();
        options.Security.Allow(address, "call");
        if (address.IsListenOnly) throw new ArgumentException($"{address} can be listened on, not called: name a host and a port.", nameof(address));
        HttpMessageHandler handler = CreateHandler(address, options);
        if (options.Security.Token is not null) handler = new TokenHandler(options.Security.Authorization, handler);
        var uri = new Uri($"{(options.Security.Identity is null ? "http" : "https")}://{address.BracketedHost}{(address.UnixPath is null ? $":{address.Port}" : "")}");
        var invoker = RpcAdapter.CreateInvoker(handler, uri, address.ToString(), options, out var owned);
        return new RpcChannel(address, options, invoker, owned);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => _invoker;

    /// <summary>Closes the connections. Calls that are open fail.</summary>
    public void Dispose()
    {
        _closed.Cancel();
        _owned.Dispose();
    }

    private static SocketsHttpHandler CreateHandler(RpcAddress address, RpcChannelOptions options) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        EnableMultipleHttp2Connections = options.MultipleConnections,
        InitialHttp2StreamWindowSize = WindowBytes,
        // The kernel tells of the end of a Unix socket's other side; only a process that stands still would not answer, and it may go on (SIGSTOP and SIGCONT).
        KeepAlivePingDelay = address.UnixPath is null ? options.KeepAliveDelay : Timeout.InfiniteTimeSpan,
        KeepAlivePingTimeout = options.KeepAliveTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        SslOptions = options.Security.Identity is { } identity ? TlsSetup.ForClient(identity, address) : new SslClientAuthenticationOptions(),
        ConnectCallback = (context, cancellation) => ConnectAsync(address, context.DnsEndPoint, cancellation),
    };

    private static async ValueTask<Stream> ConnectAsync(RpcAddress address, DnsEndPoint endPoint, CancellationToken cancellation)
    {
        var socket = address.UnixPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            EndPoint to = address.UnixPath is null ? endPoint : new UnixDomainSocketEndPoint(address.UnixPath);
            await socket.ConnectAsync(to, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Gives each request the token.</summary>
    private sealed class TokenHandler(string authorization, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation("authorization", authorization);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

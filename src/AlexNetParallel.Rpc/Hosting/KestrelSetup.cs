using System.Buffers;
using System.Net;
using AlexNetParallel.Rpc.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AlexNetParallel.Rpc.Hosting;

/// <summary>Sets Kestrel up for long streams of large messages: no limits of time or size that fit web pages, few large buffers.</summary>
internal sealed class KestrelSetup
{
    private readonly IReadOnlyList<RpcAddress> _addresses;

    private KestrelSetup(IReadOnlyList<RpcAddress> addresses) => _addresses = addresses;

    /// <summary>Adds Kestrel to the application.</summary>
    public static async Task<KestrelSetup> AddAsync(WebApplicationBuilder builder, RpcServerOptions options, TensorExchangeBase? tensors, CancellationToken cancellation)
    {
        var endPoints = new List<EndPoint>();
        foreach (var address in options.Listen)
        {
            endPoints.Add(address.UnixPath is null
                ? new IPEndPoint(await address.ResolveAsync(cancellation).ConfigureAwait(false), address.Port)
                : UnixSocketFile.Claim(address.UnixPath));
        }

        // The default lifetime of a host takes Ctrl-C and SIGTERM for itself; here they belong to the program.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, BlockPoolFactory>();
        builder.Services.AddRouting();
        if (options.Logging is not null) builder.Services.AddSingleton(options.Logging);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.CreateBoundListenSocket = UnixSocketFile.Bind;
            sockets.MaxReadBufferSize = RpcChannel.WindowBytes;
            sockets.MaxWriteBufferSize = RpcChannel.WindowBytes;
        });
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, endPoints, options, tensors));
        return new KestrelSetup(options.Listen);
    }

    /// <summary>The addresses, with the ports that the system chose.</summary>
    public IReadOnlyList<RpcAddress> Started(WebApplication application)
    {
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        var addresses = _addresses.ToArray();
        for (var i = 0; i < addresses.Length; i++)
        {
            if (addresses[i] is { UnixPath: null, Port: 0 }) addresses[i] = RpcAddress.Tcp(addresses[i].Host, BindingAddress.Parse(bound[i]).Port);
        }

        return addresses;
    }

    private static void Configure(KestrelServerOptions kestrel, List<EndPoint> endPoints, RpcServerOptions options, TensorExchangeBase? tensors)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestBufferSize = RpcChannel.WindowBytes;
        kestrel.Limits.MaxResponseBufferSize = RpcChannel.WindowBytes;
        kestrel.Limits.Http2.InitialStreamWindowSize = RpcChannel.WindowBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = RpcChannel.WindowBytes;
        // As in RpcChannel: nothing can break in silence between the ends of Unix sockets.
        kestrel.Limits.Http2.KeepAlivePingDelay = options.Listen.All(address => address.UnixPath is not null) ? Timeout.InfiniteTimeSpan : options.KeepAliveDelay;
        kestrel.Limits.Http2.KeepAlivePingTimeout = options.KeepAliveTimeout;
        foreach (var endPoint in endPoints)
        {
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (options.Security.Identity is { } identity) listen.UseHttps(https => TlsSetup.ForServer(https, identity, options.Logging));
                if (tensors is not null) listen.Use(next => new TensorMiddleware(tensors, options, next).RunAsync);
            });
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using AlexNetParallel.Rpc.Hosting;
using AlexNetParallel.Rpc.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AlexNetParallel.Rpc;

/// <summary>A gRPC server that runs from <see cref="StartAsync"/> until it is stopped or disposed.</summary>
/// <example><code>
/// var options = new RpcServerOptions { Listen = [RpcAddress.Parse("127.0.0.1:0")] };
/// await using var server = await RpcServer.StartAsync(options, services => services.Add(new CoordinatorService()));
/// var address = server.Addresses[0]; // with the port that the system chose
/// </code></example>
public sealed class RpcServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _stopped;

    private RpcServer(WebApplication application, HealthService health, IReadOnlyList<RpcAddress> addresses) =>
        (_application, Health, Addresses) = (application, health, addresses);

    /// <summary>Where the server listens, with the ports that the system chose. In the order of the options.</summary>
    public IReadOnlyList<RpcAddress> Addresses { get; }

    /// <summary>What the server tells about its health.</summary>
    public HealthService Health { get; }

    /// <summary>Cancelled when the server is told to stop. A call that would go on for ever ends itself by this.</summary>
    public CancellationToken Stopping => _application.Lifetime.ApplicationStopping;

    /// <summary>Starts a server. Besides its own services it has the standard ones for health and reflection.</summary>
    /// <exception cref="InvalidOperationException">An address needs protection that the options do not give.</exception>
    /// <exception cref="IOException">An address cannot be listened on: it is in use, or not of this machine.</exception>
    public static async Task<RpcServer> StartAsync(RpcServerOptions options, Action<RpcServices> addServices, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(addServices);
        if (options.Listen.Count == 0) throw new ArgumentException("A server needs at least one address to listen on.", nameof(options));
        foreach (var address in options.Listen) options.Security.Allow(address, "listen on");

        var services = new RpcServices();
        addServices(services);
        var health = new HealthService();
        foreach (var service in services.Descriptors) health.SetServing(service.FullName, true);
        services.Add(health);
        foreach (var reflection in new ReflectionService(services.Descriptors).Definitions()) services.Add(reflection);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var endPoints = await KestrelSetup.AddAsync(builder, options, services.Tensors, cancellation).ConfigureAwait(false);
        RpcAdapter.AddServices(builder.Services, options);

        var application = builder.Build();
        try
        {
            application.UseToken(options.Security);
            application.UseRouting();
            foreach (var service in services.Definitions) RpcAdapter.MapService(application, service);
            RpcAdapter.MapUnknownMethods(application);
            application.Lifetime.ApplicationStopping.Register(health.Stop);
            await application.StartAsync(cancellation).ConfigureAwait(false);
            return new RpcServer(application, health, endPoints.Started(application));
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes no more calls, lets open ones go on for <see cref="RpcServerOptions.ShutdownTimeout"/>, then cancels them.</summary>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 1) return;
        await _application.StopAsync(cancellation).ConfigureAwait(false);
        foreach (var address in Addresses)
        {
            if (address.UnixPath is not null) File.Delete(address.UnixPath);
        }
    }

    /// <summary>Stops the server and waits until it has stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}

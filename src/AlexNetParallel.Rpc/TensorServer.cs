using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using AlexNetParallel.Rpc.Hosting;
using AlexNetParallel.Rpc.Http2;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc;

/// <summary>
/// A server of tensor streams and nothing else, on sockets of its own: nothing stands between the network and the tensors. A server of other services takes tensor
/// streams too (<see cref="RpcServices.AddTensors"/>), through one copy more.
/// </summary>
public sealed class TensorServer : IAsyncDisposable
{
    /// <summary>Connections at a time; each has a thread.</summary>
    private const int MostConnections = 256;

    private readonly RpcServerOptions options;
    private readonly TensorExchangeBase service;
    private readonly List<Socket> listeners = [];
    private readonly HashSet<ServerConnection> connections = [];
    private readonly object gate = new();
    private bool stopped;

    private TensorServer(RpcServerOptions options, TensorExchangeBase service) => (this.options, this.service) = (options, service);

    /// <summary>Where the server listens, with the ports that the system chose. In the order of the options.</summary>
    public IReadOnlyList<RpcAddress> Addresses { get; private set; } = [];

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">An address needs protection that the options do not give.</exception>
    /// <exception cref="IOException">An address cannot be listened on: it is in use, or not of this machine.</exception>
    public static async Task<TensorServer> StartAsync(RpcServerOptions options, TensorExchangeBase service, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(service);
        if (options.Listen.Count == 0) throw new ArgumentException("A server needs at least one address to listen on.", nameof(options));
        foreach (var address in options.Listen) options.Security.Allow(address, "listen on");
        var server = new TensorServer(options, service);
        try
        {
            var addresses = new List<RpcAddress>();
            foreach (var address in options.Listen) addresses.Add(await server.ListenAsync(address, cancellation).ConfigureAwait(false));
            server.Addresses = addresses;
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes no more streams, lets open ones go on for <see cref="RpcServerOptions.ShutdownTimeout"/>, then ends them.</summary>
    public async ValueTask DisposeAsync()
    {
        ServerConnection[] open;
        lock (gate)
        {
            if (stopped) return;
            stopped = true;
            open = [.. connections];
        }

        foreach (var listener in listeners) listener.Dispose();
        foreach (var address in Addresses)
        {
            if (address.UnixPath is not null) File.Delete(address.UnixPath);
        }

        foreach (var connection in open) connection.Stop();
        var all = Task.WhenAll(open.Select(c => c.Ended));
        await Task.WhenAny(all, Task.Delay(options.ShutdownTimeout)).ConfigureAwait(false);
        foreach (var connection in open) connection.Abort();
        await Task.WhenAny(all, Task.Delay(options.ShutdownTimeout)).ConfigureAwait(false);
    }

    private async Task<RpcAddress> ListenAsync(RpcAddress address, CancellationToken cancellation)
    {
        EndPoint endPoint = address.UnixPath is null
            ? new IPEndPoint(await address.ResolveAsync(cancellation).ConfigureAwait(false), address.Port)
            : UnixSocketFile.Claim(address.UnixPath);
        Socket listener;
        try
        {
            listener = UnixSocketFile.Bind(endPoint);
            listener.Listen(MostConnections);
        }
        catch (SocketException e)
        {
            throw new IOException($"Cannot listen on {address}: {e.Message}.", e);
        }

        listeners.Add(listener);
        new Thread(() => Accept(listener)) { IsBackground = true, Name = $"alexnet streams at {address}" }.Start();
        return address is { UnixPath: null, Port: 0 } ? RpcAddress.Tcp(address.Host, ((IPEndPoint)listener.LocalEndPoint!).Port) : address;
    }

    private void Accept(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (gate)
                {
                    if (stopped) return;
                }

                Thread.Sleep(50); // no descriptors left, or a client that was gone at once: the next may do better
                continue;
            }

            var connection = new ServerConnection(service, options);
            lock (gate)
            {
                if (stopped || connections.Count >= MostConnections || !connections.Add(connection))
                {
                    socket.Dispose();
                    continue;
                }
            }

            new Thread(() => Serve(connection, socket)) { IsBackground = true, Name = "alexnet stream" }.Start();
        }
    }

    private void Serve(ServerConnection connection, Socket socket)
    {
        try
        {
            if (socket.ProtocolType == ProtocolType.Tcp) socket.NoDelay = true;
            connection.Run(options.Security.Identity is { } identity ? Secure(socket, identity) : new SocketTransport(socket));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose(); // no connection came up; the log has what was refused
        }
        finally
        {
            lock (gate) connections.Remove(connection);
            connection.Dispose();
        }
    }

    private StreamTransport Secure(Socket socket, Security.RpcIdentity identity)
    {
        var secure = new SslStream(new NetworkStream(socket, ownsSocket: true));
        using var patience = new Timer(_ => SocketTransport.End(socket), null, TimeSpan.FromSeconds(20), Timeout.InfiniteTimeSpan);
        secure.AuthenticateAsServer(TlsSetup.ForServer(identity, options.Logging));
        return new StreamTransport(secure, secure, () => SocketTransport.End(socket));
    }
}

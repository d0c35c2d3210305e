using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>A peer that falls silent with its connection open, as a machine that lost power does: pings find out.</summary>
public sealed class KeepAliveTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly byte[] EmptySettings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    [Fact]
    public async Task ASilentServerIsGivenUp()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var channel = RpcChannel.Open(RpcAddress.Tcp("127.0.0.1", port), new RpcChannelOptions { KeepAliveDelay = Second, KeepAliveTimeout = Second });
        var clock = Stopwatch.StartNew();
        using var call = new Script.ScriptClient(channel).UnaryAsync(new Note());
        using var connection = await listener.AcceptTcpClientAsync();
        await connection.GetStream().WriteAsync(EmptySettings); // alive once, and never again
        var e = await ScriptHost.FailsAsync(async () => await call);
        Assert.True(e.StatusCode == StatusCode.Unavailable, e.ToString());
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 60);
    }

    [Fact]
    public async Task ASilentClientIsGivenUp()
    {
        await using var host = await ScriptHost.StartAsync(server: options => options with { KeepAliveDelay = Second, KeepAliveTimeout = Second });
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        await stream.WriteAsync(EmptySettings);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Closed by a reset.
        }
    }
}

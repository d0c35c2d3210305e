using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Rpc;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>Workers that do not fit together do not link up, and say why.</summary>
public sealed class GrpcLinkingTests
{
    private const int Floats = 64;

    [Fact]
    public async Task Another_plan_is_refused()
    {
        using var other = Create(1);
        using var worker = Create(0);
        string[] addresses = [await worker.ListenAsync(CancellationToken.None), await other.ListenAsync(CancellationToken.None)];
        var linking = worker.ConnectAsync(Plan(Floats), addresses, CancellationToken.None);
        var error = await Assert.ThrowsAsync<ExchangeException>(() => other.ConnectAsync(Plan(Floats / 2), addresses, CancellationToken.None));
        Assert.Contains("do not have the same plan", error.Message);
        Assert.Contains("worker 0", error.Message);
        worker.Abort("the test is over");
        Assert.Contains("told to stop", (await Assert.ThrowsAsync<ExchangeException>(() => linking)).Message);
    }

    [Fact]
    public async Task Nobody_there()
    {
        using var other = Create(1);
        await other.ListenAsync(CancellationToken.None);
        var error = await Assert.ThrowsAsync<ExchangeException>(() => other.ConnectAsync(Plan(Floats), ["127.0.0.1:1", ""], CancellationToken.None));
        Assert.Contains("worker 0", error.Message);
    }

    [Fact]
    public async Task Another_transports_address()
    {
        using var other = Create(1);
        await other.ListenAsync(CancellationToken.None);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => other.ConnectAsync(Plan(Floats), ["in-process:0:x", ""], CancellationToken.None));
        Assert.Contains("not one of the grpc transport", error.Message);
    }

    [Fact]
    public async Task An_open_network_needs_protection()
    {
        using var open = new GrpcTransport(0, 2, new GrpcTransportOptions { Listen = RpcAddress.Tcp("*", 0) });
        await Assert.ThrowsAsync<InvalidOperationException>(() => open.ListenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_token_is_needed_where_one_is_asked_for()
    {
        using var guarded = Create(0, new GrpcTransportOptions { Security = RpcSecurity.TrustedNetwork("a-token-of-this-test") });
        using var other = Create(1);
        string[] addresses = [await guarded.ListenAsync(CancellationToken.None), await other.ListenAsync(CancellationToken.None)];
        await Assert.ThrowsAsync<ExchangeException>(() => other.ConnectAsync(Plan(Floats), addresses, CancellationToken.None));
    }

    [Fact]
    public async Task A_unix_socket_is_gone_with_its_worker()
    {
        var path = Path.Combine(Path.GetTempPath(), $"alexnet-{Guid.NewGuid():N}");
        using (var unix = new GrpcTransport(0, 2, new GrpcTransportOptions { Listen = RpcAddress.Unix(path) }))
        {
            Assert.Equal($"unix:{path}", await unix.ListenAsync(CancellationToken.None));
            Assert.True(File.Exists(path));
        }
        Assert.False(File.Exists(path));
    }

    private static GrpcTransport Create(int rank, GrpcTransportOptions? options = null)
    {
        var transport = new GrpcTransport(rank, 2, options);
        transport.Allocate(0, Floats);
        transport.Allocate(1, Floats);
        return transport;
    }

    private static Slab[] Plan(int floats) =>
    [
        new Slab(0, 0, 0, 1, 0, new StridedBox(0, 1, 1, floats, 0, 0), 0, new StridedBox(0, 1, 1, floats, 0, 0)),
        new Slab(1, 0, 1, 0, 1, new StridedBox(0, 1, 1, floats, 0, 0), 1, new StridedBox(0, 1, 1, floats, 0, 0)),
    ];
}

using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>The same contract where every slab goes through a third: a relay in this process, reached over a Unix socket.</summary>
public sealed class RelayTests : TransportContract, IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;
    private readonly RelayService relay = new(4);
    private RpcServer? server;

    private RpcAddress Address => RpcAddress.Unix(Path.Combine(folder, "relay.sock"));

    public async Task InitializeAsync() => server = await RpcServer.StartAsync(
        new RpcServerOptions { Listen = [Address], ShutdownTimeout = TimeSpan.FromMilliseconds(500) }, services => services.AddTensors(relay), CancellationToken.None);

    public async Task DisposeAsync()
    {
        await server!.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    protected override IReadOnlyList<ITransport> Create(int workers) =>
        [.. Enumerable.Range(0, workers).Select(rank => GrpcTransport.ThroughRelay(rank, workers, new GrpcTransportOptions { Relay = Address }))];

    [Fact]
    public async Task The_relay_counts_what_the_workers_send()
    {
        using var group = new TransportGroup(Create(2));
        foreach (var transport in group.Transports) transport.Allocate(0, SimpleFloats);
        foreach (var transport in group.Transports) transport.Allocate(1, SimpleFloats);
        var addresses = await group.ListenAsync();
        await Task.WhenAll(group.Transports.Select(t => t.ConnectAsync([Simple(0, 0, 1), Simple(1, 1, 0)], addresses, CancellationToken.None)));
        group.Run((rank, transport) =>
        {
            for (var tick = 1; tick <= 10; tick++)
            {
                transport.PostReceive(1 - rank, tick);
                transport.PostSend(rank, tick);
                transport.WaitReceived(1 - rank, tick);
                transport.WaitSent(rank, tick);
            }
        });
        Assert.Equal(2 * 10 * SimpleFloats * sizeof(float), relay.PayloadBytes);
    }

    [Fact]
    public async Task Workers_with_different_plans_are_told_so()
    {
        using var group = new TransportGroup(Create(2));
        foreach (var transport in group.Transports)
            for (var tensor = 0; tensor < 2; tensor++) transport.Allocate(tensor, SimpleFloats);
        var addresses = await group.ListenAsync();
        var attempts = group.Transports.Select((t, rank) => t.ConnectAsync(rank == 0 ? [Simple(0, 0, 1)] : [Simple(0, 0, 1), Simple(1, 1, 0)], addresses, CancellationToken.None));
        var failure = await Assert.ThrowsAsync<ExchangeException>(() => Task.WhenAll(attempts).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("do not have the same plan", failure.Message);
    }

    [Fact]
    public async Task A_relay_that_is_not_there_is_an_error()
    {
        using var worker = GrpcTransport.ThroughRelay(1, 2, new GrpcTransportOptions { Relay = RpcAddress.Unix(Path.Combine(folder, "nobody.sock")) });
        worker.Allocate(0, SimpleFloats);
        var failure = await Assert.ThrowsAsync<ExchangeException>(() => worker.ConnectAsync([Simple(0, 0, 1)], ["relay", "relay"], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("the connection to worker 0 broke", failure.Message);
    }
}

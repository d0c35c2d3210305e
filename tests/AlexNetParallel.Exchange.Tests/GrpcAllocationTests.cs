using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Exchange.TestWorker;
using AlexNetParallel.Rpc;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>An exchange over gRPC allocates nothing in a steady state: on no thread of the process, on neither end.</summary>
[Collection(nameof(GrpcAllocationTests))]
[CollectionDefinition(nameof(GrpcAllocationTests), DisableParallelization = true)]
public sealed class GrpcAllocationTests
{
    private const int Ticks = 50;

    [Theory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task Nothing_on_any_thread(string kind)
    {
        var folder = Directory.CreateTempSubdirectory("alexnet-test-");
        try
        {
            using var group = new TransportGroup([.. Enumerable.Range(0, 2).Select(rank => new GrpcTransport(rank, 2, new GrpcTransportOptions
            {
                Listen = kind == "unix" ? RpcAddress.Unix(Path.Combine(folder.FullName, $"{rank}")) : RpcAddress.Tcp("127.0.0.1", 0),
            }))]);
            var plan = new RandomPlan(2, 5);
            var members = group.Transports.Select((t, rank) => new PlanWorker(t, plan, rank, 5)).ToList();
            var addresses = await group.ListenAsync();
            await Task.WhenAll(members.Select(m => m.ConnectAsync(addresses, CancellationToken.None)));

            // The runtime itself allocates now and then (tiered compilation, timers), so the best of several rounds counts: ours would be in each.
            var least = long.MaxValue;
            group.Run((rank, _) =>
            {
                var tick = 0;
                for (var round = 0; round < 30; round++)
                {
                    var before = rank == 0 ? GC.GetTotalAllocatedBytes(precise: true) : 0;
                    for (var i = 0; i < Ticks; i++) members[rank].Run(++tick, check: false);
                    if (rank == 0) least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
                }
            });
            Assert.Equal(0, least);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

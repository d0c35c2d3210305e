using AlexNetParallel.Rpc.Tensors;
using AlexNetParallel.Rpc.Tests.Support;
using Xunit.Abstractions;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>What a tensor message allocates in the steady state, on both ends together, over a real socket: nothing.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests(ITestOutputHelper output) : IDisposable
{
    private const int Messages = 20;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("tcp", 0, 1)]
    [InlineData("unix", 0, 1)]
    [InlineData("tcp", 1024, 1024)]
    [InlineData("unix", 1664 * 100, 1664)]
    [InlineData("tcp", 400_000, 400_000)]
    public async Task A_message_there_and_back(string kind, int bytes, int rowBytes)
    {
        using var source = new NativeBlock(2 * bytes + 1).Fill(1);
        using var place = new NativeBlock(2 * bytes + 1);
        NativeRows Box(NativeBlock block) => new(block.Address, 1, bytes / rowBytes, rowBytes, 0, 2L * rowBytes);
        var address = kind == "unix" ? RpcAddress.Unix(Path.Combine(folder.Path, "s")) : RpcAddress.Parse("127.0.0.1:0");
        await using var server = await TensorServer.StartAsync(new RpcServerOptions { Listen = [address] }, new Answer(Box(place)));
        using var channel = RpcChannel.Open(server.Addresses[0]);
        using var stream = TensorExchange.Open(channel);
        using var cancellation = new CancellationTokenSource();
        using var arrived = new SemaphoreSlim(0);
        var receiving = ReceiveAllAsync(stream, Box(place), arrived, cancellation.Token);

        // The runtime itself allocates now and then (tiered compilation, timers), so the best of several rounds counts: ours would be in each.
        var least = long.MaxValue;
        for (var round = 0; round < 200 && least > 0; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Messages; i++)
            {
                stream.Send(7, 1, Box(source), cancellation.Token);
                if (!arrived.Wait(TimeSpan.FromSeconds(20))) throw new TimeoutException($"no answer: {receiving.Exception}");
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        stream.Complete();
        await receiving;
        output.WriteLine($"{Messages} messages of {bytes} bytes: {least} bytes allocated");
        Assert.True(least == 0, $"{least} bytes for {Messages} messages");
        if (bytes > 0) Assert.True(source.Span[..rowBytes].SequenceEqual(place.Span[..rowBytes]));
    }

    private static async Task ReceiveAllAsync(TensorStream stream, NativeRows place, SemaphoreSlim arrived, CancellationToken cancellation)
    {
        while (await stream.NextAsync(cancellation).ConfigureAwait(false))
        {
            await stream.ReceiveAsync(place).ConfigureAwait(false);
            arrived.Release();
        }
    }

    /// <summary>Sends everything back.</summary>
    private sealed class Answer(NativeRows place) : TensorExchangeBase
    {
        public override async Task Open(TensorStream stream, TensorCall call)
        {
            using var arrived = new SemaphoreSlim(0);
            var over = false;
            var thread = new Thread(() =>
            {
                for (arrived.Wait(); !Volatile.Read(ref over); arrived.Wait()) stream.Send(7, 1, place);
            });
            thread.Start();
            await ReceiveAllAsync(stream, place, arrived, call.CancellationToken).ConfigureAwait(false);
            Volatile.Write(ref over, true);
            arrived.Release();
            thread.Join();
        }
    }
}

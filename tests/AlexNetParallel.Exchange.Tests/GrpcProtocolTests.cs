using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>A peer that breaks the rules of proto/exchange.proto ends in one clear message, and nothing else happens to the worker.</summary>
public sealed class GrpcProtocolTests : IDisposable
{
    private const int Floats = 64;

    private readonly GrpcTransport worker = new(0, 2);
    private readonly nint incoming;
    private Task linking = Task.CompletedTask;

    public GrpcProtocolTests()
    {
        worker.Allocate(0, Floats);
        incoming = worker.Allocate(1, Floats);
    }

    public void Dispose() => worker.Dispose();

    [Fact]
    public async Task Streams_of_strangers_are_refused()
    {
        var address = await StartAsync();
        using var channel = RpcChannel.Open(RpcAddress.Parse(address));
        foreach (var headers in new[] { [], new Metadata { { "alexnet-rank", "0" } }, new Metadata { { "alexnet-rank", "7" } }, new Metadata { { "alexnet-rank", "x" } } })
        {
            using var stream = TensorExchange.Open(channel, headers);
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await stream.NextAsync())).StatusCode);
        }
    }

    [Fact]
    public async Task A_slab_that_was_not_asked_for() =>
        Assert.Contains("before its destination was free", await BreakAsync(async (stream, memory) => await stream.SendAsync(1, 1, memory)));

    [Fact]
    public async Task A_slab_of_another_size() =>
        Assert.Contains("expected 256", await BreakAsync(async (stream, memory) => await stream.SendAsync(1, 5, memory with { RowBytes = 12 }), post: 5));

    [Fact]
    public async Task A_slab_of_another_tick() =>
        Assert.Contains("ticks must rise", await BreakAsync(async (stream, memory) => await stream.SendAsync(1, 4, memory), post: 5));

    [Fact]
    public async Task A_slab_that_is_not_in_the_plan() =>
        Assert.Contains("none between the two", await BreakAsync(async (stream, memory) => await stream.SendAsync(1 << 30, 5, memory)));

    [Fact]
    public async Task A_slab_that_goes_the_other_way() =>
        Assert.Contains("goes the other way", await BreakAsync(async (stream, memory) => await stream.SendAsync(0, 5, memory)));

    [Fact]
    public async Task A_reason_without_end() =>
        Assert.Contains("a reason of", await BreakAsync(async (stream, memory) => await stream.SendAsync(0, 0, memory with { Planes = 100, PlaneStride = 0 })));

    [Fact]
    public async Task A_peer_that_just_stops() =>
        Assert.Contains("without a reason", await BreakAsync((stream, _) => Task.Run(stream.Complete)));

    [Fact]
    public async Task A_peer_that_does_as_it_should()
    {
        var address = await StartAsync();
        using var channel = RpcChannel.Open(RpcAddress.Parse(address));
        using var stream = TensorExchange.Open(channel, Headers());
        using var memory = new FloatBuffer();
        await stream.SendAsync(0, 0, default);
        Assert.True(await stream.NextAsync());
        Assert.Equal((0, 0L, 0), (stream.Slab, stream.Tick, stream.PayloadBytes));
        await linking;

        worker.PostReceive(1, 1);
        Assert.True(await stream.NextAsync());
        Assert.Equal((1, 1L, 0), (stream.Slab, stream.Tick, stream.PayloadBytes));
        memory.Fill(2.5f);
        await stream.SendAsync(1, 1, memory.Rows);
        worker.WaitReceived(1, 1);
        Assert.Equal(2.5f, Incoming(Floats - 1));

        worker.PostSend(0, 1);
        await stream.SendAsync(0, 1, default);
        Assert.True(await stream.NextAsync());
        Assert.Equal((0, 1L, Floats * 4), (stream.Slab, stream.Tick, stream.PayloadBytes));
        worker.WaitSent(0, 1);
        var counted = worker.Counters(0);
        Assert.Equal((Floats * 4, Floats * 4, 2), (counted.PayloadBytesSent, counted.PayloadBytesReceived, counted.Messages));
        // A notice: frame 5, slab 2, tick 2. A slab: frame 5, no slab (it is 0), tick 2, tag and length of the payload 3.
        Assert.Equal(9 + 10, counted.OverheadBytesSent);

        worker.Abort("a reason");
        Assert.True(await stream.NextAsync());
        Assert.Equal((0, 0L, 8), (stream.Slab, stream.Tick, stream.PayloadBytes));
        stream.Complete();
        Assert.False(await stream.NextAsync());
    }

    /// <summary>Plays worker 1 up to the greeting, then breaks a rule. Gives what worker 0 says of it.</summary>
    private async Task<string> BreakAsync(Func<TensorStream, NativeRows, Task> act, long post = 0)
    {
        var address = await StartAsync();
        using var channel = RpcChannel.Open(RpcAddress.Parse(address));
        using var stream = TensorExchange.Open(channel, Headers());
        using var memory = new FloatBuffer();
        memory.Fill(1);
        await stream.SendAsync(0, 0, default);
        Assert.True(await stream.NextAsync());
        await linking;
        if (post != 0) worker.PostReceive(1, post);
        worker.PostSend(0, 1);
        try
        {
            await act(stream, memory.Rows);
        }
        catch (RpcException)
        {
            // Worker 0 may be done with this call before all of it is sent.
        }
        var error = await Assert.ThrowsAsync<ExchangeException>(() => Task.Run(() => worker.WaitSent(0, 1)).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("worker 1", error.Message);
        Assert.Equal(0f, Incoming(0));
        return error.Message;
    }

    private unsafe float Incoming(int at) => ((float*)incoming)[at];

    private async Task<string> StartAsync()
    {
        var address = await worker.ListenAsync(CancellationToken.None);
        linking = worker.ConnectAsync(Plan(Floats), [address, ""], CancellationToken.None);
        return address;
    }

    private static Metadata Headers() => LinkService.Headers(new SlabTable(1, 2, Plan(Floats)), 0);

    private static Slab[] Plan(int floats) =>
    [
        new Slab(0, 0, 0, 1, 0, new StridedBox(0, 1, 1, floats, 0, 0), 0, new StridedBox(0, 1, 1, floats, 0, 0)),
        new Slab(1, 0, 1, 0, 1, new StridedBox(0, 1, 1, floats, 0, 0), 1, new StridedBox(0, 1, 1, floats, 0, 0)),
    ];

    private sealed class FloatBuffer : IDisposable
    {
        private readonly nint memory = Marshal.AllocHGlobal(Floats * 4);

        public NativeRows Rows => NativeRows.Contiguous(memory, Floats * 4);

        public void Fill(float value) => Marshal.Copy(Enumerable.Repeat(value, Floats).ToArray(), 0, memory, Floats);

        public void Dispose() => Marshal.FreeHGlobal(memory);
    }
}

using System.Diagnostics;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Deadlines and cancellation, on both sides. Upper bounds on time are wide: they tell "at the deadline" from "never", on a busy machine.</summary>
public sealed class DeadlineTests
{
    private static DateTime In(int milliseconds) => DateTime.UtcNow.AddMilliseconds(milliseconds);

    [Fact]
    public async Task HandlerAndCallerBothSeeTheDeadline()
    {
        await using var host = await StartAsync();
        var clock = Stopwatch.StartNew();
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = "sleep" }, deadline: In(200)));
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        Assert.InRange(clock.ElapsedMilliseconds, 195, 5000);
        await UntilAsync(() => host.Service.Cancelled == 1, "the handler sees its deadline");
    }

    [Fact]
    public async Task ServerTellsTheStatusWhenTheClientDoesNotWatchTheClock()
    {
        await using var host = await StartAsync();
        foreach (var text in new[] { "sleep", "stubborn" })
        {
            using var raw = new RawCall(host.Address);
            var answer = await raw.SendAsync("alexnet.tests.Script/Unary", RawCall.Frame(new Note { Text = text }.ToByteArray()), ("grpc-timeout", "200m"));
            Assert.Equal("4", answer.GrpcStatus);
        }

        await UntilAsync(() => host.Service.StubbornDone == 1, "the stubborn handler is done");
    }

    [Fact]
    public async Task StubbornHandlerDoesNotHoldTheCaller()
    {
        await using var host = await StartAsync();
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = "stubborn" }, deadline: In(100)));
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        Assert.Equal(0, host.Service.StubbornDone);
        await UntilAsync(() => host.Service.StubbornDone == 1, "the handler runs to its end");
        Assert.Equal(3ul, (await host.Client.UnaryAsync(new Note { Id = 3 })).Id);
    }

    /// <summary>Handlers that write without pause, so that a deadline falls into a write again and again: each call ends with the deadline and nothing else.</summary>
    [Fact]
    public async Task WritesAtTheInstantOfTheDeadlineDoNoHarm()
    {
        await using var host = await StartAsync("unix");
        var calls = Enumerable.Range(0, 20).Select(async i =>
        {
            using var call = host.Client.ServerStream(new Note { Text = "flood", Data = ByteString.CopyFrom(new byte[100 * i]) }, deadline: In(250 + (7 * i)));
            var e = await FailsAsync(async () =>
            {
                await foreach (var note in call.ResponseStream.ReadAllAsync()) Assert.Equal(100 * i, note.Data.Length);
            });
            Assert.True(e.StatusCode == StatusCode.DeadlineExceeded, e.ToString());
        });
        await Task.WhenAll(calls);
        await UntilAsync(() => host.Service.StubbornDone == host.Service.Floods, "all handlers are told");
        Assert.Equal(3ul, (await host.Client.UnaryAsync(new Note { Id = 3 })).Id);
    }

    [Fact]
    public async Task PastDeadlineFailsAtOnceAndFarOneIsNone()
    {
        await using var host = await StartAsync();
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note(), deadline: In(-10)));
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        Assert.InRange((await host.Client.UnaryAsync(new Note { Text = "deadline" }, deadline: In(60_000))).Id, 30_000ul, 60_001ul);
        Assert.Equal(0ul, (await host.Client.UnaryAsync(new Note { Text = "deadline" }, deadline: DateTime.MaxValue)).Id);
        Assert.Equal(0ul, (await host.Client.UnaryAsync(new Note { Text = "deadline" }, deadline: DateTime.UtcNow.AddDays(100))).Id);
    }

    [Fact]
    public async Task CancellingReachesTheHandler()
    {
        await using var host = await StartAsync();
        using (var source = new CancellationTokenSource(150))
        {
            var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = "sleep" }, cancellationToken: source.Token));
            Assert.Equal(StatusCode.Cancelled, e.StatusCode);
        }

        await UntilAsync(() => host.Service.Cancelled == 1, "the unary handler is cancelled");
        using (var call = host.Client.ServerStream(new Note { Count = 1, Text = "forever" })) Assert.True(await call.ResponseStream.MoveNext(default));
        await UntilAsync(() => host.Service.Cancelled == 2, "disposing cancels");
        using (var call = host.Client.ServerStream(new Note { Count = 1, Text = "forever" }))
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            using var source = new CancellationTokenSource(100);
            var e = await FailsAsync(() => call.ResponseStream.MoveNext(source.Token));
            Assert.Equal(StatusCode.Cancelled, e.StatusCode);
            Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        }

        await UntilAsync(() => host.Service.Cancelled == 3, "the token of a read cancels");
        var cancelled = new CancellationToken(canceled: true);
        Assert.Equal(StatusCode.Cancelled, (await FailsAsync(async () => await host.Client.UnaryAsync(new Note(), cancellationToken: cancelled))).StatusCode);
    }

    /// <summary>A call's token outlives the call: what the call hung on it must be gone, or a long run fills the memory.</summary>
    [Fact]
    public async Task FinishedCallsLeaveNothingOnTheirToken()
    {
        await using var host = await StartAsync();
        using var source = new CancellationTokenSource();
        var weak = await MakeAsync();
        for (var i = 0; i < 50 && weak.IsAlive; i++)
        {
            GC.Collect();
            await Task.Delay(20);
        }

        Assert.False(weak.IsAlive, "a finished call is still held");
        source.Cancel();

        async Task<WeakReference> MakeAsync()
        {
            var call = host.Client.UnaryAsync(new Note { Id = 1 }, deadline: In(3_600_000), cancellationToken: source.Token);
            await call;
            return new WeakReference(call.ResponseHeadersAsync);
        }
    }

    [Fact]
    public async Task NoServerIsUnavailable()
    {
        await using var host = await StartAsync();
        await host.Server.StopAsync();
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note()));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Contains(host.Address.ToString(), e.Status.Detail);
        using var nowhere = RpcChannel.Open(RpcAddress.Unix(Path.Combine(Path.GetTempPath(), "no-such-socket")));
        e = await FailsAsync(async () => await new Script.ScriptClient(nowhere).UnaryAsync(new Note()));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    [Fact]
    public async Task AStoppingServerEndsOpenCallsInTime()
    {
        await using var host = await StartAsync();
        using var call = host.Client.ServerStream(new Note { Count = 1, Text = "forever" });
        Assert.True(await call.ResponseStream.MoveNext(default));
        var clock = Stopwatch.StartNew();
        await host.Server.StopAsync();
        Assert.InRange(clock.ElapsedMilliseconds, 0, 8000);
        var e = await FailsAsync(() => call.ResponseStream.MoveNext(default));
        Assert.Contains(e.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Cancelled, StatusCode.Internal });
        await UntilAsync(() => host.Service.Cancelled == 1, "the handler is cancelled");
    }
}

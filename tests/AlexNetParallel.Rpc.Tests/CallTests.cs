using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>The four kinds of call, metadata, and statuses, over TCP and over a Unix socket.</summary>
public sealed class CallTests
{
    [Theory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task UnaryEchoes(string kind)
    {
        await using var host = await StartAsync(kind);
        using var call = host.Client.UnaryAsync(new Note { Id = 5, Text = "hi", Shape = { 1, -2 } });
        Assert.Equal(new Note { Id = 5, Text = "hi", Shape = { 1, -2 } }, await call);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal(6ul, host.Client.Unary(new Note { Id = 6 }).Id);
        Assert.Equal(new Note(), await host.Client.UnaryAsync(new Note()));
    }

    [Theory]
    [InlineData("tcp", "ipv4:127.0.0.1:")]
    [InlineData("unix", "unix:")]
    public async Task ServerKnowsItsPeer(string kind, string prefix)
    {
        await using var host = await StartAsync(kind);
        Assert.StartsWith(prefix, (await host.Client.UnaryAsync(new Note { Text = "peer" })).Text);
    }

    [Fact]
    public async Task MetadataGoesBothWays()
    {
        await using var host = await StartAsync();
        var headers = new Metadata { { "X-Text", "v 1" }, { "x-data-bin", new byte[] { 1, 2, 255 } }, { "x-data-bin", Array.Empty<byte>() }, { "x-text", "v2" } };
        using var call = host.Client.UnaryAsync(new Note { Text = "metadata" }, headers);
        var ahead = await call.ResponseHeadersAsync;
        Assert.Equal("ahead", ahead.GetValue("h-text"));
        Assert.Equal(new byte[] { 0, 255, 7 }, ahead.GetValueBytes("h-bytes-bin"));
        await call;
        var trailers = call.GetTrailers();
        Assert.Equal("v 1, v2", trailers.GetValue("x-text")); // HTTP joins text values of one name; values of bytes come apart again
        Assert.Equal([[1, 2, 255], []], trailers.GetAll("x-data-bin").Select(e => e.ValueBytes));
        Assert.Equal(3, trailers.Count);
    }

    [Theory]
    [InlineData("grpc-timeout")]
    [InlineData("te")]
    [InlineData("content-type")]
    public async Task NamesOfTheProtocolAreRefusedAsMetadata(string name)
    {
        await using var host = await StartAsync();
        var e = await Assert.ThrowsAsync<ArgumentException>(async () => await host.Client.UnaryAsync(new Note(), new Metadata { { name, "x" } }));
        Assert.Contains(name, e.Message);
    }

    [Fact]
    public async Task HandlerChoosesStatusAndTrailers()
    {
        await using var host = await StartAsync();
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = "fail" }));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Equal("bad ✓ 100%", e.Status.Detail);
        Assert.Equal("because", e.Trailers.GetValue("why"));
        Assert.Equal(new byte[] { 1, 2, 255 }, e.Trailers.GetValueBytes("why-bin"));
        e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = "status" }));
        Assert.Equal((StatusCode.OutOfRange, "by status"), (e.StatusCode, e.Status.Detail));
    }

    [Theory]
    [InlineData("throw", "InvalidDataException: something broke")]
    [InlineData("null", "null")]
    public async Task BrokenHandlerIsUnknownAndLogged(string text, string detail)
    {
        await using var host = await StartAsync();
        host.ErrorsExpected = true;
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = text }));
        Assert.Equal(StatusCode.Unknown, e.StatusCode);
        Assert.Contains(detail, e.Status.Detail);
        Assert.Single(host.Log.Errors);
        Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(300, 10_000)]
    public async Task ServerStreams(int count, int bytes)
    {
        await using var host = await StartAsync();
        using var call = host.Client.ServerStream(new Note { Count = count, Data = ByteString.CopyFrom(new byte[bytes]) });
        var got = 0;
        await foreach (var note in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal((ulong)got, note.Id);
            Assert.Equal(bytes, note.Data.Length);
            got++;
        }

        Assert.Equal(count, got);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.False(await call.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task ErrorAfterDataKeepsTheData()
    {
        await using var host = await StartAsync();
        using var call = host.Client.ServerStream(new Note { Count = 2, Text = "fail" });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.True(await call.ResponseStream.MoveNext(default));
        var e = await FailsAsync(() => call.ResponseStream.MoveNext(default));
        Assert.Equal((StatusCode.Aborted, "2"), (e.StatusCode, e.Trailers.GetValue("at")));
        Assert.Equal(StatusCode.Aborted, call.GetStatus().StatusCode);
        await FailsAsync(() => call.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task ClientStreams()
    {
        await using var host = await StartAsync();
        using var call = host.Client.ClientStream();
        for (ulong i = 1; i <= 100; i++) await call.RequestStream.WriteAsync(new Note { Id = i, Data = ByteString.CopyFrom(new byte[1000]) });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(5050ul, (await call).Id);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new Note()));
    }

    [Fact]
    public async Task ServerMayEndBeforeTheClient()
    {
        await using var host = await StartAsync();
        using var call = host.Client.ClientStream();
        await call.RequestStream.WriteAsync(new Note { Text = "enough" });
        var e = await FailsAsync(async () => await call);
        Assert.Equal((StatusCode.ResourceExhausted, "enough"), (e.StatusCode, e.Status.Detail));
        e = await FailsAsync(() => call.RequestStream.WriteAsync(new Note()));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);

        using var duplex = host.Client.Duplex();
        await duplex.RequestStream.WriteAsync(new Note { Text = "end" });
        Assert.False(await duplex.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.OK, duplex.GetStatus().StatusCode);
        await FailsAsync(() => duplex.RequestStream.WriteAsync(new Note()));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task DuplexEchoesMessagesOfAllSizes(string kind)
    {
        await using var host = await StartAsync(kind);
        using var call = host.Client.Duplex();
        var random = new byte[3_000_000];
        new Random(1).NextBytes(random);
        foreach (var bytes in new[] { 0, 1, 100, 16_369, 16_379, 16_384, 16_385, 32_768, 65_531, 70_000, 3_000_000, 3 })
        {
            var note = new Note { Id = (ulong)bytes, Data = ByteString.CopyFrom(random, 0, bytes) };
            await call.RequestStream.WriteAsync(note);
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(note, call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task DuplexFailsWithTheServersStatus()
    {
        await using var host = await StartAsync();
        using var call = host.Client.Duplex();
        await call.RequestStream.WriteAsync(new Note { Id = 1 });
        Assert.True(await call.ResponseStream.MoveNext(default));
        await call.RequestStream.WriteAsync(new Note { Text = "fail" });
        var e = await FailsAsync(() => call.ResponseStream.MoveNext(default));
        Assert.Equal((StatusCode.DataLoss, "as asked"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task UnknownMethodAndServiceAreUnimplemented()
    {
        await using var host = await StartAsync();
        var marshaller = Marshallers.Create<Note>(note => note.ToByteArray(), Note.Parser.ParseFrom);
        foreach (var (service, name) in new[] { ("alexnet.tests.Script", "Nope"), ("no.Such", "Unary") })
        {
            var method = new Method<Note, Note>(MethodType.Unary, service, name, marshaller, marshaller);
            var e = await FailsAsync(async () => await host.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new Note()));
            Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
            Assert.Contains(name, e.Status.Detail);
        }
    }

    [Fact]
    public async Task ManyCallsAtOnceKeepApart()
    {
        await using var host = await StartAsync();
        var calls = Enumerable.Range(0, 300).Select(async i =>
        {
            var data = ByteString.CopyFrom(Enumerable.Repeat((byte)i, 100 * i).ToArray());
            Assert.Equal(data, (await host.Client.UnaryAsync(new Note { Id = (ulong)i, Data = data })).Data);
        });
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task OneReadAndOneWriteAtATime()
    {
        await using var host = await StartAsync();
        using var call = host.Client.Duplex();
        var first = call.ResponseStream.MoveNext(default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(default));
        await call.RequestStream.WriteAsync(new Note { Id = 1 });
        Assert.True(await first);
    }
}

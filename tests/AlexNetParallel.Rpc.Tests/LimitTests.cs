using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Limits of size on both sides and both ways: RESOURCE_EXHAUSTED, and the call after it works.</summary>
public sealed class LimitTests
{
    private const int FourMiB = 4 << 20;

    [Fact]
    public async Task TheDefaultIsFourMiB()
    {
        await using var host = await StartAsync();
        var fits = new Note { Data = UnsafeByteOperations.UnsafeWrap(new byte[FourMiB - 5]) };
        Assert.Equal(FourMiB, fits.CalculateSize());
        Assert.Equal(FourMiB - 5, (await host.Client.UnaryAsync(fits)).Data.Length);
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Data = UnsafeByteOperations.UnsafeWrap(new byte[FourMiB - 4]) }));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Contains("4194305", e.Status.Detail);
        e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Text = "large", Count = FourMiB }));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
    }

    [Fact]
    public async Task ClientSendLimit()
    {
        await using var host = await StartAsync(channel: options => options with { MaxSendMessageBytes = 100 });
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Data = ByteString.CopyFrom(new byte[200]) }));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        using var call = host.Client.Duplex();
        e = await FailsAsync(() => call.RequestStream.WriteAsync(new Note { Data = ByteString.CopyFrom(new byte[200]) }));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        await call.RequestStream.WriteAsync(new Note { Id = 4 }); // nothing of the long one was sent: the stream goes on
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(4ul, call.ResponseStream.Current.Id);
    }

    [Fact]
    public async Task ClientReceiveLimit()
    {
        await using var host = await StartAsync(channel: options => options with { MaxReceiveMessageBytes = 1000 });
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Data = ByteString.CopyFrom(new byte[2000]) }));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
    }

    [Fact]
    public async Task ServerSendLimit()
    {
        await using var host = await StartAsync(server: options => options with { MaxSendMessageBytes = 1000 });
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note { Data = ByteString.CopyFrom(new byte[2000]) }));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    [Fact]
    public async Task WithoutLimitsLargeMessagesPass()
    {
        await using var host = await StartAsync(
            "unix", options => options with { MaxReceiveMessageBytes = null }, options => options with { MaxReceiveMessageBytes = null });
        var data = new byte[44_000_000];
        new Random(1).NextBytes(data);
        var echoed = await host.Client.UnaryAsync(new Note { Data = UnsafeByteOperations.UnsafeWrap(data) });
        Assert.True(echoed.Data.Span.SequenceEqual(data));
    }

    /// <summary>A marshaller that fails after it told a length: the stream of messages is torn, so the call is reset and not ended as if all were well.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MarshallerThatBreaksOffEndsTheCall(bool unary)
    {
        await using var host = await StartAsync();
        var good = Marshallers.Create(note => note.ToByteArray(), Note.Parser.ParseFrom);
        var bad = Marshallers.Create<Note>(
            (note, context) =>
            {
                context.SetPayloadLength(100);
                var buffer = context.GetBufferWriter();
                buffer.GetSpan(10)[..10].Clear();
                buffer.Advance(10);
                throw new InvalidDataException("broke off");
            },
            _ => throw new InvalidOperationException("not read"));
        var method = new Method<Note, Note>(unary ? MethodType.Unary : MethodType.DuplexStreaming, "alexnet.tests.Script", unary ? "Unary" : "Duplex", bad, good);
        RpcException e;
        if (unary)
        {
            e = await FailsAsync(async () => await host.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new Note()));
        }
        else
        {
            using var call = host.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);
            e = await FailsAsync(() => call.RequestStream.WriteAsync(new Note()));
            await FailsAsync(() => call.ResponseStream.MoveNext(default));
        }

        Assert.Equal(StatusCode.Internal, e.StatusCode);
        Assert.Contains("broke off", e.Status.Detail);
        Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
    }
}

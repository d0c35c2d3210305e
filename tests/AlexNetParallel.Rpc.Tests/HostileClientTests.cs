using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Requests that break the protocol end with the right status and nothing else: each test makes a good call afterwards on the same server.</summary>
public sealed class HostileClientTests
{
    private const string Unary = "alexnet.tests.Script/Unary";
    private static readonly byte[] Message = new Note { Id = 7, Text = "x" }.ToByteArray();

    public static TheoryData<string, byte[], string, string> BrokenBodies => new()
    {
        { "no message", [], "13", "no message" },
        { "two messages", [.. RawCall.Frame(Message), .. RawCall.Frame(Message)], "13", "more than one" },
        { "cut off in the head", [0, 0, 0], "13", "ended inside the head" },
        { "cut off in the message", RawCall.Frame(Message, length: 100), "13", "ended inside a message" },
        { "length too small", RawCall.Frame(Message, length: 2), "13", "ended inside the head" },
        { "oversized", RawCall.Frame(Message, length: 0xFFFFFFFF), "8", "4294967295" },
        { "just over the limit", RawCall.Frame(Message, length: (4 << 20) + 1), "8", "4194305" },
        { "compressed without an encoding", RawCall.Frame(Message, flag: 1), "13", "compressed" },
        { "no such flag", RawCall.Frame(Message, flag: 2), "13", "flag 2" },
        { "not protobuf", RawCall.Frame([0xFF, 0xFF, 0xFF]), "13", "cannot be parsed" },
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task BrokenBodyEndsTheCallOnly(string what, byte[] body, string status, string detail)
    {
        await using var host = await StartAsync();
        using var raw = new RawCall(host.Address);
        var answer = await raw.SendAsync(Unary, body);
        Assert.Equal((HttpStatusCode.OK, status), (answer.Http, answer.GrpcStatus));
        Assert.Contains(detail, answer.GrpcMessage, StringComparison.Ordinal);
        Assert.Empty(answer.Body);
        Assert.NotEmpty(what);
        Assert.Equal(7ul, (await host.Client.UnaryAsync(new Note { Id = 7 })).Id);
        Assert.Equal("0", (await raw.SendAsync(Unary, RawCall.Frame(Message))).GrpcStatus);
    }

    [Fact]
    public async Task GzipIsRefusedByName()
    {
        await using var host = await StartAsync();
        using var raw = new RawCall(host.Address);
        var answer = await raw.SendAsync(Unary, RawCall.Frame(Message, flag: 1), ("grpc-encoding", "gzip"));
        Assert.Equal(("12", "identity"), (answer.GrpcStatus, answer.AcceptEncoding));
        Assert.Contains("gzip", answer.GrpcMessage, StringComparison.Ordinal);
        // An encoding that is named and not used is no fault.
        Assert.Equal("0", (await raw.SendAsync(Unary, RawCall.Frame(Message), ("grpc-encoding", "gzip"))).GrpcStatus);
    }

    [Theory]
    [InlineData("grpc-timeout", "soon")]
    [InlineData("grpc-timeout", "123456789S")]
    [InlineData("grpc-timeout", "-1S")]
    [InlineData("grpc-timeout", "1x")]
    public async Task WrongTimeoutIsInternal(string name, string value)
    {
        await using var host = await StartAsync();
        using var raw = new RawCall(host.Address);
        var answer = await raw.SendAsync(Unary, RawCall.Frame(Message), (name, value));
        Assert.Equal("13", answer.GrpcStatus);
        Assert.Contains(value, answer.GrpcMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BinaryMetadataThatIsNotBase64IsInternal()
    {
        await using var host = await StartAsync();
        using var raw = new RawCall(host.Address);
        var answer = await raw.SendAsync(Unary, RawCall.Frame(new Note { Text = "metadata" }.ToByteArray()), ("x-a-bin", "*"));
        Assert.Equal("13", answer.GrpcStatus);
        Assert.Contains("x-a-bin", answer.GrpcMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("content-type", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("content-type", "application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("content-type", "application/grpc+json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("method", "PUT", HttpStatusCode.MethodNotAllowed)]
    public async Task WhatIsNoGrpcGetsAnHttpError(string name, string value, HttpStatusCode expected)
    {
        await using var host = await StartAsync();
        using var raw = new RawCall(host.Address);
        Assert.Equal(expected, (await raw.SendAsync(Unary, RawCall.Frame(Message), (name, value))).Http);
        Assert.Equal("0", (await raw.SendAsync(Unary, RawCall.Frame(Message), ("content-type", "application/grpc+proto"))).GrpcStatus);
    }

    [Fact]
    public async Task OneBrokenStreamLeavesTheOthersOfItsConnectionAlone()
    {
        await using var host = await StartAsync();
        using var call = host.Client.Duplex();
        await call.RequestStream.WriteAsync(new Note { Id = 1 });
        Assert.True(await call.ResponseStream.MoveNext(default));
        var bytes = Marshallers.Create<byte[]>(b => b, b => b);
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, "alexnet.tests.Script", "Duplex", bytes, bytes);
        using var broken = host.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);
        await broken.RequestStream.WriteAsync([0xFF, 0xFF]);
        Assert.Equal(StatusCode.Internal, (await FailsAsync(() => broken.ResponseStream.MoveNext(default))).StatusCode);
        await call.RequestStream.WriteAsync(new Note { Id = 2 });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(2ul, call.ResponseStream.Current.Id);
    }

    /// <summary>Bytes that are not HTTP/2, and HTTP/2 that breaks off: the connection ends, the server goes on.</summary>
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "000000040000000000" + "FFFFFF000100000001")] // SETTINGS, then DATA of 16 MiB on a stream that is idle
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "000000040000000000" + "000005010400000001FFFFFFFFFF")] // HEADERS that are no HPACK
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "000000040000000000" + "00000401040000")] // a frame head, cut off
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "000000040000000000" + "0000040800000000007FFFFFFF" + "0000040800000000007FFFFFFF")] // WINDOW_UPDATE past 2^31
    public async Task BrokenConnectionEndsAlone(string text, string hex)
    {
        await using var host = await StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host.Address.Host, host.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        await socket.SendAsync(Convert.FromHexString(hex));
        socket.Shutdown(SocketShutdown.Send);
        using var patience = new CancellationTokenSource(10_000);
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }

        Assert.Equal(7ul, (await host.Client.UnaryAsync(new Note { Id = 7 })).Id);
    }
}

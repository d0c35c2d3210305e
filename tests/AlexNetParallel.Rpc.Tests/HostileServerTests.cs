using System.Net;
using System.Net.Http.Headers;
using AlexNetParallel.Rpc.Runtime.Client;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Responses that break the protocol: the call ends with the right status, and never with a wrong message. The HTTP client is replaced by a canned answer.</summary>
public sealed class HostileServerTests
{
    private static readonly byte[] Good = RawCall.Frame(new Note { Id = 7 }.ToByteArray());

    public static TheoryData<string, byte[], string, string, StatusCode> Answers => new()
    {
        { "good", Good, "grpc-status: 0", "", StatusCode.OK },
        { "no status", Good, "", "", StatusCode.Unknown },
        { "status that is no number", Good, "grpc-status: x", "", StatusCode.Unknown },
        { "status that nobody knows", Good, "grpc-status: 99", "", StatusCode.Unknown },
        { "OK without a message", [], "grpc-status: 0", "", StatusCode.Internal },
        { "two messages", [.. Good, .. Good], "grpc-status: 0", "", StatusCode.Internal },
        { "error after a message", Good, "grpc-status: 10", "", StatusCode.Aborted },
        { "cut off in the head", [0, 0], "", "", StatusCode.Internal },
        { "cut off in the message", RawCall.Frame([1, 2], length: 9), "", "", StatusCode.Internal },
        { "cut off, and the trailers say why", RawCall.Frame([1, 2], length: 9), "grpc-status: 4", "", StatusCode.DeadlineExceeded },
        { "cut off, and the trailers say OK", RawCall.Frame([1, 2], length: 9), "grpc-status: 0", "", StatusCode.Internal },
        { "oversized", RawCall.Frame([1, 2], length: 0xFFFFFFFF), "grpc-status: 0", "", StatusCode.ResourceExhausted },
        { "compressed without an encoding", RawCall.Frame([1, 2], flag: 1), "grpc-status: 0", "", StatusCode.Internal },
        { "compressed with gzip", RawCall.Frame([1, 2], flag: 1), "grpc-status: 0", "gzip", StatusCode.Internal },
        { "not protobuf", RawCall.Frame([0xFF]), "grpc-status: 0", "", StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task BodiesAndTrailers(string what, byte[] body, string trailer, string encoding, StatusCode expected)
    {
        using var http = new HttpMessageInvoker(new Canned(() =>
        {
            var response = Response(body);
            if (trailer.Length > 0) response.TrailingHeaders.TryAddWithoutValidation("grpc-status", trailer["grpc-status: ".Length..]);
            if (encoding.Length > 0) response.Headers.TryAddWithoutValidation("grpc-encoding", encoding);
            return response;
        }));
        using var call = Call(http);
        if (expected == StatusCode.OK)
        {
            Assert.Equal(7ul, (await call).Id);
            return;
        }

        var e = await ScriptHost.FailsAsync(async () => await call);
        Assert.True(e.StatusCode == expected, $"{what}: {e.Status}");
        Assert.NotEmpty(what);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(503, StatusCode.Unavailable)]
    public async Task HttpStatuses(int http, StatusCode expected)
    {
        using var invoker = new HttpMessageInvoker(new Canned(() => new HttpResponseMessage((HttpStatusCode)http)));
        var e = await ScriptHost.FailsAsync(async () => await Call(invoker));
        Assert.Equal(expected, e.StatusCode);
        Assert.Contains($"{http}", e.Status.Detail);
    }

    [Fact]
    public async Task AWebPageIsNoAnswer()
    {
        using var invoker = new HttpMessageInvoker(new Canned(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>") }));
        var e = await ScriptHost.FailsAsync(async () => await Call(invoker));
        Assert.Equal(StatusCode.Unknown, e.StatusCode);
        Assert.Contains("text/plain", e.Status.Detail);
    }

    private static AsyncUnaryCall<Note> Call(HttpMessageInvoker http)
    {
        var marshaller = Marshallers.Create(note => note.ToByteArray(), Note.Parser.ParseFrom);
        var method = new Method<Note, Note>(MethodType.Unary, "a.B", "C", marshaller, marshaller);
        return new HttpCallInvoker(http, new Uri("http://canned"), "canned", null, 4 << 20).AsyncUnaryCall(method, null, default, new Note());
    }

    private static HttpResponseMessage Response(byte[] body)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return response;
    }

    private sealed class Canned(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
            return answer();
        }
    }
}

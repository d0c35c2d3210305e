using System.Net;
using AlexNetParallel.Rpc.Runtime.Wire;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>Starts calls over an HTTP/2 client.</summary>
/// <param name="http">The client; the channel disposes it.</param>
/// <param name="address">The server.</param>
/// <param name="target">What error messages call the server.</param>
/// <param name="maxSendBytes">Send limit of a message; null for none.</param>
/// <param name="maxReceiveBytes">Receive limit of a message; null for none.</param>
internal sealed class HttpCallInvoker(HttpMessageInvoker http, Uri address, string target, int? maxSendBytes, int? maxReceiveBytes) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var (call, responses) = BeginWithRequest(method, host, options, request);
        return new(responses.ReadSingleAsync(), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var (call, responses) = BeginWithRequest(method, host, options, request);
        return new(responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests, responses) = BeginStream(method, host, options);
        return new(requests, responses.ReadSingleAsync(), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests, responses) = BeginStream(method, host, options);
        return new(requests, responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private (ClientCall Call, ResponseStream<TResponse> Responses) BeginWithRequest<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new ClientCall(target);
        var content = new RequestContent(async stream =>
        {
            try
            {
                await new MessageWriter<TRequest>(new RequestBodyWriter(stream), method.RequestMarshaller, maxSendBytes).WriteAsync(request).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not (HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException))
            {
                throw call.Fail(e); // too long, or not to be serialized. The transport's own failures are the response's to tell
            }
        });
        call.Begin(http, Request(method.FullName, host, options.Headers, content), content, options);
        return (call, new ResponseStream<TResponse>(call, method.ResponseMarshaller, maxReceiveBytes));
    }

    private (ClientCall Call, RequestStream<TRequest> Requests, ResponseStream<TResponse> Responses) BeginStream<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class where TResponse : class
    {
        var call = new ClientCall(target);
        var content = new RequestContent(null);
        call.Begin(http, Request(method.FullName, host, options.Headers, content), content, options);
        return (call, new RequestStream<TRequest>(call, content, method.RequestMarshaller, maxSendBytes),
            new ResponseStream<TResponse>(call, method.ResponseMarshaller, maxReceiveBytes));
    }

    private HttpRequestMessage Request(string path, string? host, Metadata? headers, RequestContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "grpc-dotnet-alexnetparallel/1.0");
        request.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity");
        if (host is not null) request.Headers.Host = host;
        if (headers is null) return request;
        foreach (var entry in headers)
        {
            if (!MetadataHeaders.IsMetadata(entry.Key)) throw new ArgumentException($"The metadata name '{entry.Key}' belongs to the protocol; choose another.");
            request.Headers.TryAddWithoutValidation(entry.Key, MetadataHeaders.Value(entry));
        }

        return request;
    }
}

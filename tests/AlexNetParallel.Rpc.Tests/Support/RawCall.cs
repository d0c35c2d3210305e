using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>Sends a body of any bytes as a gRPC request, with nothing of our client in between.</summary>
internal sealed class RawCall : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly Uri _uri;

    public RawCall(RpcAddress address)
    {
        _uri = new Uri(address.UnixPath is null ? $"http://{address}/" : "http://localhost/");
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = address.UnixPath is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                EndPoint to = address.UnixPath is null ? context.DnsEndPoint : new UnixDomainSocketEndPoint(address.UnixPath);
                await socket.ConnectAsync(to, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
    }

    /// <summary>What came back.</summary>
    public sealed record Answer(HttpStatusCode Http, string? GrpcStatus, string? GrpcMessage, byte[] Body, string? AcceptEncoding);

    /// <summary>A message with gRPC's five bytes before it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="flag">The first byte.</param>
    /// <param name="length">The length that is told; null for the true one.</param>
    public static byte[] Frame(byte[] message, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public async Task<Answer> SendAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_uri, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        foreach (var (name, value) in headers)
        {
            if (name == "content-type") request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            else if (name == "method") request.Method = new HttpMethod(value);
            else request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request, new CancellationTokenSource(20_000).Token);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new Answer(response.StatusCode, Find(response, "grpc-status"), Find(response, "grpc-message"), bytes, Find(response, "grpc-accept-encoding"));
    }

    public void Dispose() => _http.Dispose();

    private static string? Find(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? string.Join(",", values) : null;
}

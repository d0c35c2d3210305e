using System.Net;
using System.Net.Sockets;
using AlexNetParallel.Rpc.Runtime.Wire;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>A call as its handler sees it, and its deadline.</summary>
internal sealed class CallContext : ServerCallContext, IDisposable
{
    /// <summary>CANCEL of RFC 9113.</summary>
    public const int Http2Cancel = 0x8;

    /// <summary>INTERNAL_ERROR of RFC 9113.</summary>
    public const int Http2InternalError = 0x2;

    private readonly HttpContext _http;
    private readonly string _method;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource? _either;
    private readonly DateTime _deadlineInstant = DateTime.MaxValue;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private Dictionary<object, object>? _userState;

    /// <summary>A call that has just arrived.</summary>
    /// <exception cref="RpcException">INTERNAL: the grpc-timeout header is none.</exception>
    public CallContext(HttpContext http, string method)
    {
        _http = http;
        _method = method;
        var header = http.Request.Headers["grpc-timeout"].ToString();
        if (header.Length == 0) return;
        if (!Timeouts.TryParse(header, out var timeout))
            throw new RpcException(new Status(StatusCode.Internal, $"The grpc-timeout '{header}' is not valid: expected one to eight digits and one of H, M, S, m, u, n."));
        if (timeout > Timeouts.Longest) return;
        _deadlineInstant = DateTime.UtcNow + timeout;
        _deadline = new CancellationTokenSource();
        _either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _deadline.Token);
        _deadline.CancelAfter(timeout);
    }

    /// <summary>Cancelled at the deadline and by nothing else.</summary>
    public CancellationToken DeadlineToken => _deadline?.Token ?? CancellationToken.None;

    /// <summary>The HTTP request.</summary>
    public HttpContext Http => _http;

    /// <summary>The trailers that the handler set; null when it set none.</summary>
    public Metadata? TrailersOrNull => _responseTrailers;

    /// <summary>Ends the HTTP/2 stream at once with an error code (RFC 9113, section 7).</summary>
    public void Reset(int http2Error) => _http.Features.Get<IHttpResetFeature>()?.Reset(http2Error);

    /// <summary>Sends the headers; set by the call.</summary>
    public Func<Metadata, Task>? HeaderSender { get; set; }

    protected override string MethodCore => _method;

    protected override string HostCore => _http.Request.Host.Value ?? "";

    protected override DateTime DeadlineCore => _deadlineInstant;

    protected override CancellationToken CancellationTokenCore => _either?.Token ?? _http.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    protected override string PeerCore
    {
        get
        {
            var address = _http.Connection.RemoteIpAddress;
            return address is null ? "unix:" // the client's end of a Unix socket has no name
                : address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
                    ? $"ipv6:[{address}]:{_http.Connection.RemotePort}"
                    : $"ipv4:{new IPAddress(address.MapToIPv4().GetAddressBytes())}:{_http.Connection.RemotePort}";
        }
    }

    protected override Metadata RequestHeadersCore
    {
        get
        {
            if (_requestHeaders is not null) return _requestHeaders;
            var metadata = new Metadata();
            foreach (var (name, values) in _http.Request.Headers)
            {
                foreach (var value in values) MetadataHeaders.Add(metadata, name, value ?? "");
            }

            return _requestHeaders = metadata;
        }
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        return HeaderSender!(responseHeaders);
    }

    public void Dispose()
    {
        _either?.Dispose();
        _deadline?.Dispose();
    }
}

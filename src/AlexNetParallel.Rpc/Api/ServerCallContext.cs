namespace Grpc.Core;

/// <summary>What a handler sees of its call besides the messages.</summary>
public abstract class ServerCallContext
{
    /// <summary>"/service/method".</summary>
    public string Method => MethodCore;

    /// <summary>The name under which the client reached the server.</summary>
    public string Host => HostCore;

    /// <summary>Where the client is: "ipv4:address:port", "ipv6:[address]:port" or "unix:".</summary>
    public string Peer => PeerCore;

    /// <summary>The instant (UTC) at which the client gives up; <see cref="DateTime.MaxValue"/> if never.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>What the client sent ahead.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Cancelled when the client cancels or goes away, and at the deadline.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>What the client gets at the end of the call.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>How the call ends when the handler returns.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    /// <summary>Hints for the next responses; without effect here.</summary>
    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    /// <summary>Things that the parts of a server tell each other about this call.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>Sends the response headers now; may be called once, before the first response.</summary>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <summary>For <see cref="Method"/>.</summary>
    protected abstract string MethodCore { get; }

    /// <summary>For <see cref="Host"/>.</summary>
    protected abstract string HostCore { get; }

    /// <summary>For <see cref="Peer"/>.</summary>
    protected abstract string PeerCore { get; }

    /// <summary>For <see cref="Deadline"/>.</summary>
    protected abstract DateTime DeadlineCore { get; }

    /// <summary>For <see cref="RequestHeaders"/>.</summary>
    protected abstract Metadata RequestHeadersCore { get; }

    /// <summary>For <see cref="CancellationToken"/>.</summary>
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <summary>For <see cref="ResponseTrailers"/>.</summary>
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <summary>For <see cref="Status"/>.</summary>
    protected abstract Status StatusCore { get; set; }

    /// <summary>For <see cref="WriteOptions"/>.</summary>
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>For <see cref="UserState"/>.</summary>
    protected abstract IDictionary<object, object> UserStateCore { get; }

    /// <summary>For <see cref="WriteResponseHeadersAsync"/>.</summary>
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);
}

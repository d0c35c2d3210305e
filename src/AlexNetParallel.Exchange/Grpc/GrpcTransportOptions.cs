using AlexNetParallel.Rpc;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>How workers reach each other by gRPC.</summary>
public sealed record GrpcTransportOptions
{
    /// <summary>Where this worker listens. Default: a port of 127.0.0.1 that the system chooses. On one host a Unix socket is faster.</summary>
    public RpcAddress Listen { get; init; } = RpcAddress.Tcp("127.0.0.1", 0);

    /// <summary>Host name or IP address by which the peers reach this worker; null (default): the one that it listens on, or the name of this machine where that is "*".</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>How workers know each other; the same for all. Default: only addresses of this machine.</summary>
    public RpcSecurity Security { get; init; } = RpcSecurity.LocalOnly;

    /// <summary>Where the relay is, for workers that do not reach each other; see <see cref="GrpcTransport.ThroughRelay"/>. Null: none.</summary>
    public RpcAddress? Relay { get; init; }

    /// <summary>A peer that says nothing for this time is asked whether it is there; without an answer in as much time again, it is gone. Default 30 s: a busy machine may leave a process without time for seconds.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <see cref="ITransport"/>'s Dispose waits for the peers to take what was sent. Default 2 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);
}

using Microsoft.Extensions.Logging;

namespace AlexNetParallel.Rpc;

/// <summary>Where and how a server serves.</summary>
public sealed record RpcServerOptions
{
    /// <summary>Where to listen; at least one address.</summary>
    public required IReadOnlyList<RpcAddress> Listen { get; init; }

    /// <summary>How the two ends know each other. Default: <see cref="RpcSecurity.LocalOnly"/>.</summary>
    public RpcSecurity Security { get; init; } = RpcSecurity.LocalOnly;

    /// <summary>Longest message to receive, in bytes; a longer one fails with RESOURCE_EXHAUSTED. Default 4 MiB, as all of gRPC; null for no limit. Tensor streams have a limit of their own.</summary>
    public int? MaxReceiveMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Longest message to send, in bytes; null (default) for no limit.</summary>
    public int? MaxSendMessageBytes { get; init; }

    /// <summary>An idle connection is pinged after this time. Default 20 s. Not where all addresses are Unix sockets, whose other end the kernel tells.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A ping without an answer for this time ends the connection: its calls are cancelled. Default 20 s.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long open calls may go on after the server was told to stop. Default 2 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where the server logs; null (default) for nowhere.</summary>
    public ILoggerFactory? Logging { get; init; }
}

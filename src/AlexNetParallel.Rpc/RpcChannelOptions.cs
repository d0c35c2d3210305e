namespace AlexNetParallel.Rpc;

/// <summary>How a client reaches a server.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>How the two ends know each other. Default: <see cref="RpcSecurity.LocalOnly"/>.</summary>
    public RpcSecurity Security { get; init; } = RpcSecurity.LocalOnly;

    /// <summary>Longest message to receive, in bytes; a longer one fails with RESOURCE_EXHAUSTED. Default 4 MiB, as all of gRPC; null for no limit. Tensor streams have a limit of their own.</summary>
    public int? MaxReceiveMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Longest message to send, in bytes; null (default) for no limit.</summary>
    public int? MaxSendMessageBytes { get; init; }

    /// <summary>Longest time for a connection to come up. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An idle connection with open calls is pinged after this time. Default 20 s. Not over a Unix socket, whose end the kernel tells.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A ping without an answer for this time ends the connection: its calls fail with UNAVAILABLE. Default 20 s.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether more than one connection is opened when one has all the calls that the server allows on it. Default true.</summary>
    public bool MultipleConnections { get; init; } = true;
}

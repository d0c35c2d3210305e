using AlexNetParallel.Rpc;

namespace AlexNetParallel.Training.Coordination;

/// <summary>How a worker joins a run.</summary>
public sealed record WorkerSessionOptions
{
    /// <summary>Where the coordinator listens.</summary>
    public required RpcAddress Coordinator { get; init; }

    /// <summary>How worker and coordinator know each other. Default: local addresses only.</summary>
    public RpcSecurity Security { get; init; } = RpcSecurity.LocalOnly;

    /// <summary>The rank to ask for; null for any.</summary>
    public int? Rank { get; init; }

    /// <summary>The device in words, and its memory.</summary>
    public required string Device { get; init; }

    /// <summary>Memory of the device.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Page in which the parent process wants the worker's place; null for none.</summary>
    public string? PositionPage { get; init; }

    /// <summary>How long to try to reach the coordinator. Default 60 s.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A worker's part in a run could not begin or ended early. The message says why; what became of the run, the coordinator tells.</summary>
public sealed class WorkerSessionException(string message, Exception? inner = null) : Exception(message, inner);

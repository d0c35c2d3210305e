using AlexNetParallel.Exchange.Peer;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>Makes a transport between processes by name.</summary>
public static class Transports
{
    /// <summary>Makes one worker's.</summary>
    public static ITransport Create(string name, int rank, int workers) => name switch
    {
        "peer" => new PeerTransport(rank, workers),
        _ => throw new ArgumentException($"no transport {name}", nameof(name)),
    };
}

using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Peer;

namespace AlexNetParallel.Training.Jobs;

/// <summary>Transports by name.</summary>
public static class TransportFactory
{
    /// <summary>The names that <see cref="Create"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["peer"];

    /// <summary>Makes one worker's transport.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static ITransport Create(string name, int rank, int workers, TrainingJobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return name switch
        {
            "peer" => new PeerTransport(rank, workers),
            _ => throw new ArgumentException($"found transport '{name}'; expected {string.Join(" or ", Names)}"),
        };
    }
}

using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Exchange.Peer;

namespace AlexNetParallel.Training.Jobs;

/// <summary>Transports by name.</summary>
public static class TransportFactory
{
    /// <summary>The transport whose workers are ranks of an MPI job.</summary>
    public const string Mpi = "mpi";

    /// <summary>The names that <see cref="Create"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["peer", "grpc", "relay", Mpi];

    /// <summary>Makes one worker's transport.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    /// <param name="name">Its name.</param>
    /// <param name="rank">The worker.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="options">What the worker was started with.</param>
    /// <param name="memory">The device's memory, where tensors lie in one that other processes reach.</param>
    public static ITransport Create(string name, int rank, int workers, TrainingJobOptions options, IPeerMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return name switch
        {
            "peer" => new PeerTransport(rank, workers, memory),
            "grpc" => new GrpcTransport(rank, workers, options.Grpc),
            "relay" => GrpcTransport.ThroughRelay(rank, workers, options.Grpc),
            Mpi => new MpiTransport(rank, workers),
            _ => throw new ArgumentException($"found transport '{name}'; expected {string.Join(" or ", Names)}"),
        };
    }
}

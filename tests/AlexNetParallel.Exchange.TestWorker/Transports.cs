using System.Globalization;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Exchange.Peer;
using AlexNetParallel.Rpc;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>Makes a transport between processes by name.</summary>
public static class Transports
{
    /// <summary>Makes one worker's.</summary>
    public static ITransport Create(string name, int rank, int workers) => name switch
    {
        "peer" => new PeerTransport(rank, workers),
        "grpc" => new GrpcTransport(rank, workers),
        "grpc-unix" => new GrpcTransport(rank, workers, new GrpcTransportOptions { Listen = RpcAddress.Unix(SocketPath(rank)) }),
        _ => throw new ArgumentException($"no transport {name}", nameof(name)),
    };

    /// <summary>In the worker's current folder, which whoever started it removes: a killed worker cannot.</summary>
    private static string SocketPath(int rank) => Path.GetFullPath(string.Create(CultureInfo.InvariantCulture, $"{rank}.sock"));
}

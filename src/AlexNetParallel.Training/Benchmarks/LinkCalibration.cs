using System.Globalization;
using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Exchange.Peer;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Security;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>Measures what a link costs: latency, bandwidth, and the processor time that it takes at each end, which workers that compute miss.</summary>
public static class LinkCalibration
{
    /// <summary>"grpc" with mutual TLS, as between hosts.</summary>
    public const string GrpcTls = "grpc-tls";

    /// <summary>What <see cref="Measure"/> takes.</summary>
    public static IReadOnlyList<string> Transports { get; } = ["peer", "grpc", ExchangeSuite.GrpcUnix, GrpcTls];

    /// <summary>The two slabs that are timed, and how often.</summary>
    internal static (StridedBox Box, int Repeats, int WarmUp) Short { get; } = (ExchangeBench.Contiguous(1), 300, 200);

    /// <inheritdoc cref="Short"/>
    internal static (StridedBox Box, int Repeats, int WarmUp) Long { get; } = (ExchangeBench.Conv3Slab, 60, 20);

    /// <summary>Plays ping-pong with a short and with a long slab between two workers of this process.</summary>
    /// <param name="transport">One of <see cref="Transports"/>.</param>
    /// <param name="log">Is told what was found.</param>
    public static Link Measure(string transport, Action<string> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var empty = Time(transport, Short.Box, Short.Repeats, Short.WarmUp);
        var full = Time(transport, Long.Box, Long.Repeats, Long.WarmUp);
        log(string.Create(CultureInfo.InvariantCulture,
            $"  one float in {1e6 * empty.MedianSeconds:F1} µs; conv3's slab of {full.Bytes:N0} bytes at {full.BytesPerSecond / 1e9:F2} GB/s, {100 * full.OfMemoryCopy:F0} % of one core's memcpy in the same run"));
        return Between((empty.MedianSeconds, empty.ProcessorSeconds / 2), (full.MedianSeconds, full.ProcessorSeconds / 2));
    }

    /// <summary>The link that takes a short and a long slab so long.</summary>
    /// <param name="empty">Seconds of the short slab one way, and processor seconds of one end.</param>
    /// <param name="full">The same of the long one.</param>
    internal static Link Between((double Seconds, double Work) empty, (double Seconds, double Work) full) =>
        new(empty.Seconds, Long.Box.Bytes / Math.Max(1e-9, full.Seconds - empty.Seconds), empty.Work, Long.Box.Bytes / Math.Max(1e-9, full.Work - empty.Work));

    /// <summary>Plays ping-pong with one slab between two workers of this process.</summary>
    /// <param name="transport">One of <see cref="Transports"/>.</param>
    /// <param name="box">What crosses.</param>
    /// <param name="repeats">Round trips that are timed.</param>
    /// <param name="warmUp">Round trips before that.</param>
    public static ExchangeTiming Time(string transport, StridedBox box, int repeats, int warmUp)
    {
        var sockets = Directory.CreateTempSubdirectory("alexnet-calibrate-");
        using var identity = transport == GrpcTls ? Identity() : null;
        ITransport[] pair = [.. Enumerable.Range(0, 2).Select(rank => (ITransport)(transport switch
        {
            "peer" => new PeerTransport(rank, 2),
            ExchangeSuite.GrpcUnix => new GrpcTransport(rank, 2, new GrpcTransportOptions { Listen = RpcAddress.Unix(Path.Combine(sockets.FullName, $"{rank}")) }),
            GrpcTls => new GrpcTransport(rank, 2, new GrpcTransportOptions { Security = RpcSecurity.MutualTls(identity!) }),
            _ => new GrpcTransport(rank, 2),
        }))];
        try
        {
            ExchangeBench[] benches = [.. pair.Select((t, rank) => ExchangeBench.Prepare(t, rank, box))];
            var addresses = Task.WhenAll(pair.Select(t => t.ListenAsync(CancellationToken.None))).GetAwaiter().GetResult();
            Task.WhenAll(pair.Select((t, rank) => t.ConnectAsync(benches[rank].Slabs, addresses, CancellationToken.None))).GetAwaiter().GetResult();
            var timings = new ExchangeTiming[2];
            var threads = benches.Select((bench, rank) => new Thread(() => timings[rank] = bench.Run(repeats, warmUp))).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            return timings[0];
        }
        finally
        {
            foreach (var end in pair) end.Dispose();
            sockets.Delete(recursive: true);
        }
    }

    private static RpcIdentity Identity()
    {
        using var authority = CertificateAuthority.Create("calibration", TimeSpan.FromHours(1));
        return authority.Issue("worker", [], TimeSpan.FromHours(1));
    }
}

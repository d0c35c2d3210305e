using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace AlexNetParallel.Exchange;

/// <summary>
/// Counters of all transports of this process, for `dotnet-counters monitor --counters AlexNetParallel.Exchange` and OpenTelemetry. They are read
/// from the transports when somebody looks: the exchange itself does nothing for them.
/// Tags: transport, rank, exchange.
/// </summary>
public static class ExchangeMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "AlexNetParallel.Exchange";

    private static readonly Meter Meter = new(Name);
    private static readonly ConcurrentDictionary<ITransport, (int Rank, int[] Exchanges)> Transports = new();

    static ExchangeMeter()
    {
        Meter.CreateObservableCounter("exchange.payload.sent", () => Each(c => c.PayloadBytesSent), "By", "Bytes of tensors sent");
        Meter.CreateObservableCounter("exchange.payload.received", () => Each(c => c.PayloadBytesReceived), "By", "Bytes of tensors received");
        Meter.CreateObservableCounter("exchange.overhead.sent", () => Each(c => c.OverheadBytesSent), "By", "Bytes sent besides tensors");
        Meter.CreateObservableCounter("exchange.messages", () => Each(c => c.Messages), "{slab}", "Slabs sent and received");
        Meter.CreateObservableCounter("exchange.exposed", () => Each(c => c.ExposedSeconds), "s", "Time in which the worker only sent or waited");
    }

    /// <summary>Shows a transport's counters until <see cref="Remove"/>.</summary>
    internal static void Add(ITransport transport, int rank, IEnumerable<int> exchanges) => Transports[transport] = (rank, [.. exchanges]);

    /// <summary>The transport is no more.</summary>
    internal static void Remove(ITransport transport) => Transports.TryRemove(transport, out _);

    private static IEnumerable<Measurement<T>> Each<T>(Func<ExchangeCounters, T> value) where T : struct =>
        from entry in Transports
        from exchange in entry.Value.Exchanges
        select new Measurement<T>(
            value(entry.Key.Counters(exchange)),
            new("transport", entry.Key.Name), new("rank", entry.Value.Rank), new("exchange", exchange));
}

using System.Diagnostics.Metrics;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Exchange.InProcess;
using AlexNetParallel.Exchange.TestWorker;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>The bench and the counters that tools can watch.</summary>
public sealed class MeasuringTests
{
    [Theory]
    [InlineData("in-process")]
    [InlineData("peer")]
    [InlineData("grpc")]
    public async Task Bench_times_a_slab_and_checks_what_arrived(string name)
    {
        using var group = new TransportGroup(Create(name));
        var benches = group.Transports.Select((t, rank) => ExchangeBench.Prepare(t, rank, ExchangeBench.Conv3Slab)).ToList();
        var addresses = await group.ListenAsync();
        await Task.WhenAll(group.Transports.Select((t, rank) => t.ConnectAsync(benches[rank].Slabs, addresses, CancellationToken.None)));
        var timings = new ExchangeTiming[2];
        group.Run((rank, _) => timings[rank] = benches[rank].Run(repeats: 30, warmUp: 5));
        foreach (var timing in timings)
        {
            Assert.Equal(name, timing.Transport);
            Assert.Equal(11_075_584 / 4, timing.Bytes);
            Assert.InRange(timing.MinSeconds, 1e-6, timing.MedianSeconds);
            Assert.InRange(timing.P95Seconds, timing.MedianSeconds, 10);
            Assert.True(timing.OfMemoryCopy > 0);
        }
        Assert.Equal(35 * timings[0].Bytes, group.Transports[0].Counters(0).PayloadBytesSent);
    }

    /// <summary>The thread waited 10 s for the other worker and 1 s for the slab; the device computed through the first of them.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.5, 0, 0.5)]
    [InlineData(2, 1, 1)]
    [InlineData(11, 10, 1)]
    [InlineData(13, 10, 3)] // a copy to the device came after the slab
    public void A_device_with_a_queue_notices_the_end_of_what_its_thread_waits(double starved, double idle, double exchanging)
    {
        var noticed = new ExchangeTimes(Exposed: 11, Idle: 10, Moving: 4).NoticedBy(starved);
        Assert.Equal(starved, noticed.Exposed);
        Assert.Equal(idle, noticed.Idle);
        Assert.Equal(exchanging, noticed.Exposed - noticed.Idle);
        Assert.Equal(4, noticed.Moving);
    }

    [Fact]
    public async Task Tools_can_watch_the_bytes()
    {
        using var group = new TransportGroup(Create("in-process"));
        var benches = group.Transports.Select((t, rank) => ExchangeBench.Prepare(t, rank, ExchangeBench.Contiguous(1000))).ToList();
        var addresses = await group.ListenAsync();
        await Task.WhenAll(group.Transports.Select((t, rank) => t.ConnectAsync(benches[rank].Slabs, addresses, CancellationToken.None)));
        group.Run((rank, _) => benches[rank].Run(repeats: 10, warmUp: 2));

        var seen = new List<long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument is { Meter.Name: ExchangeMeter.Name, Name: "exchange.payload.sent" }) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => seen.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(2, seen.Count(v => v == 12 * 4000)); // other tests' transports may be there too
    }

    private static ITransport[] Create(string name)
    {
        var hub = new InProcessHub(2);
        return name == "in-process" ? [hub[0], hub[1]] : [Transports.Create(name, 0, 2), Transports.Create(name, 1, 2)];
    }
}

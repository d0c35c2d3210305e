using System.Diagnostics;
using System.Net;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Benchmarks;
using Xunit.Abstractions;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>Two hosts whose line carries so many bits a second, each after some time: what a training step is forecast to take, and what it takes.</summary>
public sealed class LimitedLineTests(ITestOutputHelper output, LimitedLineTests.Calibrated calibrated) : IClassFixture<LimitedLineTests.Calibrated>, IDisposable
{
    private const int Batch = 128;

    private static readonly bool WholeTable = Environment.GetEnvironmentVariable("ALEXNET_LINES") == "all";

    /// <summary>For figures: with fewer, the runtime still compiles what it runs.</summary>
    private static readonly int WarmUp = WholeTable ? 40 : 5;

    /// <summary>TCP payload of a full frame, by all its bytes on the line.</summary>
    private const double PayloadShare = 1448.0 / 1514;

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Mbit/s and milliseconds of delay; with ALEXNET_LINES=all the whole table of docs/measurements/forecasts.md.</summary>
    public static TheoryData<int, double> Lines => WholeTable
        ? new() { { 100, 0 }, { 1_000, 0 }, { 1_000, 0.1 }, { 1_000, 1 }, { 1_000, 5 }, { 10_000, 0 }, { 10_000, 0.1 }, { 10_000, 1 }, { 10_000, 5 } }
        : new() { { 100, 0 }, { 1_000, 5 }, { 10_000, 0.1 } };

    [SkippableTheory]
    [MemberData(nameof(Lines))]
    public async Task The_line_is_in_the_step_and_in_the_forecast(int megabits, double delayMilliseconds)
    {
        var delay = delayMilliseconds / 1e3;
        using var hosts = TwoHosts.Create(TimeSpan.FromSeconds(delay));
        hosts.Limit(megabits);
        var plan = Plan.Compile(NetworkFile.Load("quickstart"), PartitionFile.Load("paper"), 2, Batch);
        var grpc = calibrated.Machine.LinkOf(LinkCalibration.GrpcTls);
        var line = grpc with { LatencySeconds = grpc.LatencySeconds + delay, BytesPerSecond = Math.Min(grpc.BytesPerSecond, megabits * 1e6 / 8 * PayloadShare) };
        var forecast = Forecast.Of(plan, calibrated.Machine with { Links = new Dictionary<string, Link> { ["line"] = line } }, "line").Seconds;

        var (code, lines, error) = await new HostsScript(folder).RunAsync(hosts, null, "--batch", $"{Batch}", "--steps", $"{WarmUp + 15}", "--run", "run");
        Assert.True(code == 0, error);
        List<double> seconds = [.. lines.Where(l => l.Event() == "step").Skip(WarmUp).Select(l => l.GetProperty("seconds").GetDouble()).Order()];
        var measured = seconds[seconds.Count / 2];
        output.WriteLine($"{megabits} Mbit/s, {delayMilliseconds} ms: {plan.BytesPerStep:N0} bytes a step, forecast {1e3 * forecast:F1} ms, measured {1e3 * measured:F1} ms, error {forecast / measured - 1:P0}");

        // Not below what the bytes of one direction need on the line, but for what the bucket holds at first; nor below the delays of the exchanges, each of which needs what the one before brought.
        var least = Math.Max(plan.BytesPerStep / 2 * 0.9 / line.BytesPerSecond, plan.Exchanges.Count * delay);
        Assert.True(measured > least, $"{measured:F4} s; the line alone takes {least:F4} s");
        // Nor may the forecast be. How near the two are is printed, not held to a bound: other tests have the cores meanwhile.
        Assert.True(forecast > least, $"{forecast:F4} s were forecast; the line alone takes {least:F4} s");
    }

    /// <summary>The cable itself: TCP from host to host and back.</summary>
    [SkippableFact]
    public void A_delayed_line_delays_and_does_not_throttle()
    {
        const int Bytes = 64 << 20;
        const double Milliseconds = 5;
        using var hosts = TwoHosts.Create(TimeSpan.FromMilliseconds(Milliseconds));
        using var listener = hosts.Socket(0);
        listener.Bind(new IPEndPoint(IPAddress.Parse(hosts.Addresses[0]), 0));
        listener.Listen();
        using var near = hosts.Socket(1);
        near.Connect(listener.LocalEndPoint!);
        using var far = listener.Accept();
        near.NoDelay = far.NoDelay = true;
        var (message, buffer) = (new byte[1], new byte[1 << 20]);
        var trips = new List<double>();
        for (var i = 0; i < 21; i++)
        {
            var sent = Stopwatch.GetTimestamp();
            near.Send(message);
            far.Receive(message);
            far.Send(message);
            near.Receive(message);
            trips.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }
        var trip = trips.Order().ElementAt(10);
        var began = Stopwatch.GetTimestamp();
        var sender = new Thread(() =>
        {
            for (var sent = 0; sent < Bytes; sent += buffer.Length) near.Send(buffer);
        });
        sender.Start();
        for (var got = 0; got < Bytes;) got += far.Receive(new byte[1 << 18]);
        var rate = Bytes * 8 / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e9;
        output.WriteLine($"{Milliseconds} ms: there and back {trip:F2} ms, {rate:F2} Gbit/s");
        // Other tests have the cores meanwhile: no upper bound on the delay. A line that slept for each packet, of at most 64 KiB, would not come to 0.105 Gbit/s.
        Assert.True(trip >= 2 * Milliseconds, $"{trip} ms");
        Assert.True(rate > 0.12, $"{rate} Gbit/s");
    }

    /// <summary>This machine's rates, measured once.</summary>
    public sealed class Calibrated
    {
        public TargetMachine Machine { get; } =
            new Calibration(() => new CpuDevice(new CpuOptions()), _ => { }).Measure([(NetworkFile.Load("quickstart"), Batch)], "here");
    }
}

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

/// <summary>Two hosts whose line carries so many bits a second: what a training step is forecast to take, and what it takes.</summary>
public sealed class LimitedLineTests(ITestOutputHelper output, LimitedLineTests.Calibrated calibrated) : IClassFixture<LimitedLineTests.Calibrated>, IDisposable
{
    private const int Batch = 128;
    private const int WarmUp = 5;

    /// <summary>TCP payload of a full frame, by all its bytes on the line.</summary>
    private const double PayloadShare = 1448.0 / 1514;

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableTheory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public async Task The_line_is_in_the_step_and_in_the_forecast(int megabits)
    {
        using var hosts = TwoHosts.Create();
        hosts.Limit(megabits);
        var plan = Plan.Compile(NetworkFile.Load("quickstart"), PartitionFile.Load("paper"), 2, Batch);
        var grpc = calibrated.Machine.LinkOf("grpc");
        var line = grpc with { BytesPerSecond = Math.Min(grpc.BytesPerSecond, megabits * 1e6 / 8 * PayloadShare) };
        var forecast = Forecast.Of(plan, calibrated.Machine with { Links = new Dictionary<string, Link> { ["line"] = line } }, "line").Seconds;

        var (code, lines, error) = await new HostsScript(folder).RunAsync(hosts, null, "--batch", $"{Batch}", "--steps", $"{WarmUp + 15}", "--run", "run");
        Assert.True(code == 0, error);
        List<double> seconds = [.. lines.Where(l => l.Event() == "step").Skip(WarmUp).Select(l => l.GetProperty("seconds").GetDouble()).Order()];
        var measured = seconds[seconds.Count / 2];
        output.WriteLine($"{megabits} Mbit/s: {plan.BytesPerStep:N0} bytes a step, forecast {1e3 * forecast:F1} ms, measured {1e3 * measured:F1} ms, error {forecast / measured - 1:P0}");

        // Not below what the bytes of one direction need on the line, but for what the bucket holds at first.
        var least = plan.BytesPerStep / 2 * 0.9 / line.BytesPerSecond;
        Assert.True(measured > least, $"{measured:F4} s; the line alone takes {least:F4} s");
        // Nor may the forecast be. How near the two are is printed, not held to a bound: other tests have the cores meanwhile.
        Assert.True(forecast > least, $"{forecast:F4} s were forecast; the line alone takes {least:F4} s");
    }

    /// <summary>This machine's rates, measured once.</summary>
    public sealed class Calibrated
    {
        public TargetMachine Machine { get; } =
            new Calibration(() => new CpuDevice(new CpuOptions()), _ => { }).Measure([(NetworkFile.Load("quickstart"), Batch)], "here");
    }
}

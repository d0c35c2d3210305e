using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Devices.Benchmarks;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Exchange.Benchmarks;

namespace AlexNetParallel.Cli.Verbs.Bench;

/// <summary>`alexnet bench limits`: what the machine can do at best, to compare everything else with.</summary>
internal sealed class BenchLimitsVerb : Verb
{
    private const int Payload = 11_075_584; // conv3's exchange of net 145, one way, batch 128

    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads of the floating-point peak [default: one for each core]", 1);
    private readonly Option<int?> repetitions = Numbers.Option("--repetitions", "Measurements of each limit [default: 11]", 1);

    public BenchLimitsVerb() : base("limits", "Floating-point peak, memory, and raw ways to move bytes between workers")
    {
        foreach (var option in (Option[])[threads, repetitions]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples => [("./alexnet bench limits --json", "for a script")];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var count = context.Get(repetitions) ?? 11;
        using var device = new CpuDevice(new CpuOptions { Threads = context.Get(threads) ?? Environment.ProcessorCount });
        using var one = new CpuDevice(new CpuOptions { Threads = 1 });
        using var memory = new MemoryBandwidth();
        var limits = new List<(string Name, double PerSecond, string Unit)>
        {
            ("fma_peak_one_core", Median(count, one.MeasurePeak), "flop"),
            ($"fma_peak_{device.Threads}_threads", Median(count, device.MeasurePeak), "flop"),
            ("memory_traffic_one_core", Median(count, () => memory.MeasureTraffic(one.VectorBits)), "bytes"),
        };
        limits.AddRange(RawLimits.Ways.Select(way => (way, Payload / RawLimits.Seconds(way, Payload, bothWays: false, count), "bytes")));
        if (context.Json)
        {
            foreach (var (name, value, unit) in limits) context.Results.Json(new { limit = name, per_second_p50 = value, unit });
        }
        else
        {
            context.Results.Table($"{one.Description}; medians of {count}; memcpy and sockets with {Units.Count(Payload)} bytes", ["limit", ">a second"],
                [.. limits.Select(l => (IReadOnlyList<string>)[l.Name.Replace('_', ' '), l.Unit == "flop" ? $"{Units.Flop(l.PerSecond)}/s" : Units.BytesPerSecond(l.PerSecond)])]);
        }
        return Task.FromResult(ExitCode.Done);
    }

    /// <summary>After one measurement that is thrown away.</summary>
    private static double Median(int count, Func<double> measure)
    {
        measure();
        double[] values = [.. Enumerable.Range(0, count).Select(_ => measure()).Order()];
        return (values[(count - 1) / 2] + values[count / 2]) / 2;
    }
}

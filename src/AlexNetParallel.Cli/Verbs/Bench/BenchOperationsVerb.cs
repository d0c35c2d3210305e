using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Devices.Benchmarks;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Cli.Verbs.Bench;

/// <summary>`alexnet bench ops`: each pass of each layer, against the processor's peak or against memory, measured in the same run.</summary>
internal sealed class BenchOperationsVerb : Verb
{
    private readonly Option<string> network = new("--network") { Description = "Name or file of the network", HelpName = "NAME|FILE", DefaultValueFactory = _ => "alexnet-2012" };
    private readonly Option<string?> dialect = new("--dialect") { Description = "paper or source, for a network that has both [default: its file's first]", HelpName = "paper|source" };
    private readonly Option<int?> batch = Numbers.Option("--batch", "Images of a batch [default: 128]", 1);
    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads [default: 1]", 1);
    private readonly Option<int?> time = Numbers.Option("--milliseconds", "At least so long for each pass [default: 500]", 1);

    public BenchOperationsVerb() : base("ops", "Times each pass of each layer, as one tower's worker computes it, and checks the results")
    {
        foreach (var option in (Option[])[network, dialect, batch, threads, time]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet bench ops", "one tower of the net of 2012, batch 128, one thread"),
        ("./alexnet bench ops --network cifar10-two-tower --json", "another network, for a script"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var net = NetworkFile.Load(context.Get(network)!, context.Get(dialect));
        var images = context.Get(batch) ?? 128;
        using var device = new CpuDevice(new CpuOptions { Threads = context.Get(threads) ?? 1 });
        using var bench = new LayerBench(device, images, (context.Get(time) ?? 500) / 1000.0);
        var rows = new List<IReadOnlyList<string>>();
        var wrong = 0L;
        foreach (var t in net.Layers.SelectMany(bench.Measure))
        {
            wrong += t.Wrong;
            if (context.Json)
            {
                context.Results.Json(new { t.Layer, t.Pass, SecondsP50 = t.Seconds, t.FlopPerSecond, t.FractionOfPeak, t.BytesPerSecond, t.FractionOfMemory, t.Wrong });
                continue;
            }
            rows.Add([t.Layer, t.Pass, Units.Seconds(t.Seconds), t.FlopPerSecond is { } flop ? $"{Units.Flop(flop)}/s" : "", Percent(t.FractionOfPeak), Units.BytesPerSecond(t.BytesPerSecond), Percent(t.FractionOfMemory)]);
        }
        if (!context.Json)
        {
            context.Results.Table($"{net.Name}, one tower, batch {images}, {device.Description}; medians",
                ["layer", "pass", ">time", ">speed", ">of the peak", ">reads and writes", ">of a copy's traffic"], rows);
        }
        if (wrong > 0) context.Complain($"{wrong} numbers were not those that the narrowest vectors give");
        return Task.FromResult(wrong == 0 ? ExitCode.Done : ExitCode.Failed);
    }

    private static string Percent(double? part) => part is { } p ? string.Create(CultureInfo.InvariantCulture, $"{100 * p:F1} %") : "";
}

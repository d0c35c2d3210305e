using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Data.Benchmarks;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Benchmarks;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet bench`: measures.</summary>
internal static class BenchVerbs
{
    public static Command Create() => new("bench", "Measures this machine and this program") { new BenchOperationsVerb(), new BenchCommunicationVerb(), new BenchFeedVerb() };
}

/// <summary>`alexnet bench ops`: each pass of each layer with weights, against the processor's peak measured in the same run.</summary>
internal sealed class BenchOperationsVerb : Verb
{
    private readonly Option<string> network = new("--network") { Description = "Name or file of the network", HelpName = "NAME|FILE", DefaultValueFactory = _ => "alexnet-2012" };
    private readonly Option<string?> dialect = new("--dialect") { Description = "paper or source, for a network that has both [default: its file's first]", HelpName = "paper|source" };
    private readonly Option<int?> workers = Numbers.Option("--workers", "Number of workers that share the network; the first one's part is measured [default: 2]", 1);
    private readonly Option<int?> batch = Numbers.Option("--batch", "Images of a batch [default: 128]", 1);
    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads [default: 1]", 1);
    private readonly Option<int?> time = Numbers.Option("--milliseconds", "At least so long for each pass [default: 500]", 1);

    public BenchOperationsVerb() : base("ops", "Times forward pass, input gradient and weight gradient of each layer with weights")
    {
        foreach (var option in (Option[])[network, dialect, workers, batch, threads, time]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet bench ops", "one tower of the net of 2012, batch 128, one thread"),
        ("./alexnet bench ops --network cifar10-two-tower --json", "another network, for a script"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var net = NetworkFile.Load(context.Get(network)!, context.Get(dialect));
        var plan = Plan.Compile(net, PartitionFile.Load("paper"), context.Get(workers) ?? 2, context.Get(batch) ?? 128);
        using var device = new CpuDevice(new CpuOptions { Threads = context.Get(threads) ?? 1 });
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (layer, pass, t) in OperationSuite.Run(plan, 0, device, (context.Get(time) ?? 500) / 1000.0))
        {
            if (context.Json)
            {
                context.Results.Json(new { Layer = layer, Pass = pass, SecondsP50 = t.Seconds, t.FlopPerSecond, t.FractionOfPeak, t.PeakFlopPerSecond, t.Repetitions });
                continue;
            }
            rows.Add([layer, pass, Units.Seconds(t.Seconds), $"{Units.Flop(t.FlopPerSecond)}/s", string.Create(CultureInfo.InvariantCulture, $"{100 * t.FractionOfPeak:F1} %"), $"{t.Repetitions}"]);
        }
        if (!context.Json)
            context.Results.Table($"{net.Name}, worker 0 of {plan.Workers}, batch {plan.Batch}, {device.Description}; medians", ["layer", "pass", ">time", ">speed", ">of the peak", ">repeats"], rows);
        return Task.FromResult(ExitCode.Done);
    }
}

/// <summary>`alexnet bench feed`: what each stage of the data path costs on one core.</summary>
internal sealed class BenchFeedVerb : Verb
{
    private readonly RecipeArguments what = new();
    private readonly Option<int?> time = Numbers.Option("--milliseconds", "At least so long for each stage [default: 1000]", 1);

    public BenchFeedVerb() : base("feed", "Times reading, decoding and augmenting on one core, and checks that batches repeat")
    {
        foreach (var option in what.All.Append(time)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet bench feed", "the generated images of the quickstart"),
        ("./alexnet bench feed --recipe cifar10-two-tower --data ../cifar10 --json", "CIFAR-10 as that recipe reads it"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var recipe = what.Load(context);
        var plan = Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch);
        var layout = plan.Programs[0].Tensors.First(t => t.Role == TensorRole.Image).Layout;
        var measured = FeedBenchmark.Run(recipe.Data!, recipe.Augmentation, layout, new FeedOptions { Seed = recipe.Seed, BatchSize = recipe.Batch },
            TimeSpan.FromMilliseconds(context.Get(time) ?? 1000));
        if (context.Json)
        {
            foreach (var s in measured.Stages) context.Results.Json(new { Stage = s.Name, s.Images, SecondsPerImageP50 = s.SecondsPerImage, s.ImagesPerSecond, measured.Wrong });
        }
        else
        {
            context.Results.Table(measured.Description, ["stage", ">images", ">time an image", ">images/s of one core"],
                [.. measured.Stages.Select(s => (IReadOnlyList<string>)[s.Name, Units.Count(s.Images), Units.Seconds(s.SecondsPerImage), Progress.Rate(s.ImagesPerSecond)])]);
            if (measured.Wrong > 0) context.Complain($"{measured.Wrong} values of a batch were not the same when it was made again");
        }
        return Task.FromResult(measured.Wrong == 0 ? ExitCode.Done : ExitCode.Failed);
    }
}

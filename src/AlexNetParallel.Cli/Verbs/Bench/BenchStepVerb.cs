using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Training.Benchmarks;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs.Bench;

/// <summary>`alexnet bench step`: training steps of real worker processes, and where their time goes.</summary>
internal sealed class BenchStepVerb : Verb
{
    private readonly RecipeArguments what = new("alexnet-2012-source");
    private readonly MachineArguments machine = new();
    private readonly Option<int?> steps = Numbers.Option("--steps", $"Steps to measure, after {StepBench.WarmUp} to warm up [default: 10]", 1);
    private readonly Option<bool> whole = new("--whole") { Description = "Measure one worker with the whole network too, to compare" };

    public BenchStepVerb() : base("step", "Times training steps and tells where the time goes; without --data every step has the same batch of noise")
    {
        foreach (var option in what.All.Concat(machine.All).Append(steps).Append(whole)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet bench step --whole", "the net of 2012 on two workers and on one"),
        ("./alexnet bench step --recipe cifar10-two-tower --data ../cifar10 --transport grpc --json", "with its feed, over gRPC, for a script"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var recipe = what.Load(context, needsData: false);
        var bench = new StepBench(ProgramCommand.Current, machine.WorkerArguments(context), what.TransportName(context), line => context.Log.WriteLine(line));
        var measured = context.Get(steps) ?? 10;
        using var interruption = new Interruption(_ => context.Complain("interrupted; the workers are being stopped"), () => { });
        var timings = new List<StepTiming>();
        foreach (var workers in context.Get(whole) && recipe.Workers > 1 ? new[] { recipe.Workers, 1 } : [recipe.Workers])
        {
            var timing = await bench.RunAsync(recipe with { Workers = workers }, measured, recipe.Data is null, interruption.Token).ConfigureAwait(false);
            timings.Add(timing);
            if (context.Json) context.Results.Json(Json(timing));
        }
        if (!context.Json)
            context.Results.Table($"{recipe.Network.Name}, partition {recipe.Partition.Name}, batch {recipe.Batch}, {what.TransportName(context)}, {measured} steps", ["", .. timings.Select(t => t.Workers == 1 ? ">1 worker" : $">{t.Workers} workers")], Rows(timings));
        return ExitCode.Done;
    }

    private static object Json(StepTiming t) => new
    {
        t.Workers,
        t.Steps,
        t.ImagesPerSecond,
        SecondsP50 = t.Seconds,
        t.MeanSeconds,
        t.FlopPerSecond,
        t.PeakFlopPerSecond,
        t.FractionOfPeak,
        Breakdown = new { t.Breakdown.Compute, t.Breakdown.ExchangeExposed, t.Breakdown.ExchangeHidden, t.Breakdown.WaitForSlower, t.Breakdown.Feed, t.Breakdown.Host },
        PeakMemoryBytes = t.Memory.Select(m => m.PeakBytes),
        RuntimeMemoryBytes = t.Memory.Select(m => m.RuntimeBytes),
        MappedMemoryBytes = t.Memory.Select(m => m.MappedBytes),
        t.PlannedMemoryBytes,
    };

    private static IReadOnlyList<IReadOnlyList<string>> Rows(IReadOnlyList<StepTiming> timings)
    {
        var rows = new List<IReadOnlyList<string>>();
        void Row(string name, Func<StepTiming, string> value) => rows.Add([name, .. timings.Select(value)]);
        void Part(string name, Func<TickTimes, double> part) =>
            Row(name, t => string.Create(CultureInfo.InvariantCulture, $"{Units.Seconds(part(t.Breakdown))}  {100 * part(t.Breakdown) / t.MeanSeconds,5:F1} %"));
        Row("images/s", t => Progress.Rate(t.ImagesPerSecond));
        if (timings.Count > 1) Row("times one worker", t => string.Create(CultureInfo.InvariantCulture, $"{t.ImagesPerSecond / timings[^1].ImagesPerSecond:F2}"));
        Row("step, median", t => Units.Seconds(t.Seconds));
        Row("speed", t => $"{Units.Flop(t.FlopPerSecond)}/s");
        if (timings.All(t => t.PeakFlopPerSecond is not null))
        {
            Row("peak of the devices", t => $"{Units.Flop(t.PeakFlopPerSecond!.Value)}/s");
            Row("of the peak", t => string.Create(CultureInfo.InvariantCulture, $"{100 * t.FractionOfPeak:F1} %"));
        }
        Row("step, mean", t => Units.Seconds(t.MeanSeconds));
        Part("  compute", b => b.Compute);
        Part("  exchange, exposed", b => b.ExchangeExposed);
        Part("  wait for the slower", b => b.WaitForSlower);
        Part("  feed", b => b.Feed);
        Part("  host", b => b.Host);
        Part("exchange, hidden", b => b.ExchangeHidden);
        void Memory(string name, Func<WorkerMemory, long> part) => Row(name, t => string.Join(", ", t.Memory.Select(m => Units.Bytes(part(m)))));
        Memory("memory, peak", m => m.PeakBytes);
        Memory("  the runtime", m => m.RuntimeBytes);
        Memory("  the others' tensors", m => m.MappedBytes);
        Memory("  the rest", m => m.OwnBytes);
        Row("memory, planned", t => string.Join(", ", t.PlannedMemoryBytes.Select(b => Units.Bytes(b))));
        return rows;
    }
}

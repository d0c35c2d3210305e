using System.CommandLine;
using AlexNetParallel.Cli.Charts;
using AlexNetParallel.Cli.Exploring;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Benchmarks;
using AlexNetParallel.Training.Processes;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet explore`: what partitions and transports would cost on a machine, and what they do cost on this one.</summary>
internal sealed class ExploreVerb : Verb
{
    private readonly RecipeArguments what = new();
    private readonly MachineArguments machineOptions = new();
    private readonly Option<bool> calibrate = new("--calibrate") { Description = "Measure this machine first, and keep what was found" };
    private readonly Option<string?> machine = new("--machine") { Description = "Name or file of a machine [default: this one, as it was calibrated]", HelpName = "NAME|FILE" };
    private readonly Option<string?> partitions = new("--partitions") { Description = "Partitions to compare, with commas [default: all of recipes/partitions that fit]", HelpName = "A,B" };
    private readonly Option<string?> transports = new("--transports") { Description = "Links of the machine to compare, with commas [default: all that it has]", HelpName = "A,B" };
    private readonly Option<bool> run = new("--run") { Description = "Run each of them with real processes, too, and print forecast beside measurement" };
    private readonly Option<int?> steps = Numbers.Option("--steps", $"Training steps of each run, after {StepBench.WarmUp} to warm up [default: 10]", 1);
    private readonly Option<int?> rounds = Numbers.Option("--rounds", "How often the whole list is run, one after the other; the median counts, so that a slow minute of the machine does not fall on one row [default: 1]", 1);
    private readonly Option<bool> search = new("--search") { Description = "Find the cheapest sharding of each layer, under the memory limit" };
    private readonly Option<bool> scaling = new("--scaling") { Description = "Images a second with 1, 2, 4, … workers, up to --workers, on the same batch" };
    private readonly Option<bool> all = new("--all") { Description = "The net of 2012 under every partition, and the author's variants of it, with the accuracy that he recorded" };
    private readonly Option<string?> markdown = new("--markdown") { Description = "Write the table to a file of Markdown, too", HelpName = "FILE" };
    private readonly Option<int?> linkRank = new(MpiLinkBench.RankOption) { Description = "Be one of two ranks between which a link over MPI is measured: for --calibrate", Hidden = true };
    private readonly Option<string?> chart = new("--chart") { Description = "Draw it into an SVG file: the steps, compute and waiting; with --scaling, images a second over workers", HelpName = "FILE" };

    public ExploreVerb() : base("explore", "Forecasts partitions and transports, runs them, or searches for the best")
    {
        foreach (var option in what.All.Concat([calibrate, machine, partitions, transports, run, steps, rounds, search, scaling, all, markdown, chart, linkRank]).Concat(machineOptions.All)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet explore --calibrate", "measures this machine (two minutes), then forecasts the quickstart under all partitions"),
        ("./alexnet explore --network cifar10-two-tower --batch 128 --run", "forecast beside measurement"),
        ("./alexnet explore --network alexnet-2012 --batch 128 --machine gtx-580 --partitions paper,data", "on the machine of 2012"),
        ("./alexnet explore --all --machine gtx-580", "every way to cut that net, the author's own variants too; with --run they are run here, too (ten minutes)"),
        ("./alexnet explore --network alexnet-2012 --batch 8192 --workers 64 --machine 100gbe-v100 --search", "the best sharding of each layer for 64 workers"),
        ("./alexnet explore --network vgg-d --batch 8192 --workers 256 --machine 100gbe-v100 --scaling --chart scaling.svg", "1 to 256 workers"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        if (context.Get(linkRank) is { } rank)
        {
            context.Results.Line(MpiLinkBench.MeasureRank(rank));
            return ExitCode.Done;
        }
        if (context.Get(calibrate)) Calibrate(context);
        if (context.Get(all)) return await PrintAllAsync(context).ConfigureAwait(false);
        var recipe = what.Load(context);
        var target = LoadMachine(context);
        var link = Names(context, transports) is [var first, ..] ? first : target.Links.Keys.First();
        if (context.Get(search)) return ExploreSearch.Print(context, recipe, target, link);
        if (context.Get(scaling)) return ExploreScaling.Print(context, recipe, target, link, context.Get(chart));
        var ways = Names(context, transports) ?? [.. target.Links.Keys.Where(l => l != LinkCalibration.GrpcTls || !context.Get(run))];
        if (context.Get(run) && ways.Contains(LinkCalibration.GrpcTls)) throw new UsageException($"found {run.Name} with '{LinkCalibration.GrpcTls}'; expected transports of one host: workers here need no encryption");
        if (context.Get(run) && context.IsGiven(machine)) throw new UsageException($"found both {run.Name} and {machine.Name}; only this machine can be run on");
        var rows = new List<ExploreRow>();
        var cuts = new List<Partition>();
        foreach (var name in Names(context, partitions) ?? All())
        {
            var partition = PartitionFile.Load(name);
            Plan plan;
            try
            {
                plan = Plan.Compile(recipe.Network, partition, recipe.Workers, recipe.Batch);
            }
            catch (PlanException e)
            {
                context.Log.WriteLine($"{name}: {e.Message}");
                continue;
            }
            foreach (var transport in plan.Exchanges.Count == 0 ? ways.Take(1) : ways)
            {
                var forecast = Forecast.Of(plan, target, transport);
                rows.Add(new ExploreRow(partition.Name, transport, recipe.Workers, forecast, recipe.Batch / forecast.Seconds, null));
                cuts.Add(partition);
            }
        }
        if (context.Get(run)) rows = await MeasureAsync(context, recipe, rows, cuts).ConfigureAwait(false);
        if (rows.Count == 0) throw new UsageException("found no partition that fits; the reasons are above");
        new ExploreReport(recipe, target, rows).Print(context);
        if (context.Get(markdown) is { } file) new ExploreReport(recipe, target, rows).WriteMarkdown(file);
        if (context.Get(chart) is { } picture) StepChart.Write(picture, $"{recipe.Network.Name}, batch {recipe.Batch}, {recipe.Workers} workers, {target.Name}: forecast of a training step", rows);
        return ExitCode.Done;
    }

    /// <summary>The rows with what steps of real processes took.</summary>
    private async Task<List<ExploreRow>> MeasureAsync(VerbContext context, Recipe recipe, IReadOnlyList<ExploreRow> rows, IReadOnlyList<Partition> partitions)
    {
        using var interruption = new Interruption(_ => context.Complain("interrupted; the workers are being stopped"), () => { });
        var arguments = machineOptions.WorkerArguments(context);
        var measured = rows.Select(_ => new List<double>()).ToList();
        for (var round = 0; round < (context.Get(rounds) ?? 1); round++)
            foreach (var (i, row) in rows.Index())
            {
                var bench = new StepBench(ProgramCommand.Current, arguments, row.Transport, context.Log.WriteLine);
                var timing = await bench.RunAsync(recipe with { Partition = partitions[i] }, context.Get(steps) ?? 10, noFeed: true, interruption.Token).ConfigureAwait(false);
                measured[i].Add(timing.Seconds);
            }
        double Median(List<double> seconds) => (seconds.Order().ElementAt((seconds.Count - 1) / 2) + seconds.Order().ElementAt(seconds.Count / 2)) / 2;
        return [.. rows.Select((r, i) => r with { MeasuredSeconds = Median(measured[i]) })];
    }

    private async Task<int> PrintAllAsync(VerbContext context)
    {
        if (context.Get(search) || context.Get(scaling)) throw new UsageException($"found {all.Name} with {search.Name} or {scaling.Name}; expected one of them");
        var target = LoadMachine(context);
        var link = Names(context, transports) is [var first, ..] ? first : target.Links.Keys.First();
        var here = context.Get(run) ? LoadThisMachine() : null;
        using var interruption = new Interruption(_ => context.Complain("interrupted; the workers are being stopped"), () => { });
        var bench = new StepBench(ProgramCommand.Current, machineOptions.WorkerArguments(context), "peer", context.Log.WriteLine);
        var rows = new List<CutRow>();
        foreach (var cut in Cut.All)
        {
            var row = new CutRow(cut, cut.On(target, link, PartitionsTable.Batch), null, null);
            if (here is not null)
            {
                var recipe = RecipeFile.Load("alexnet-2012-source") with { Network = NetworkFile.Load(cut.Network, cut.Dialect), Partition = PartitionFile.Load(cut.Partition), Workers = cut.Workers, Batch = PartitionsTable.HereBatch };
                var timing = await bench.RunAsync(recipe, context.Get(steps) ?? 3, noFeed: true, interruption.Token, warmUp: 1).ConfigureAwait(false);
                row = row with { HereForecastSeconds = cut.On(here, "peer", PartitionsTable.HereBatch).Seconds, HereSeconds = timing.Seconds };
                context.Log.WriteLine($"{cut.Network}, {cut.Partition}: forecast {Units.Seconds(row.HereForecastSeconds!.Value)}, measured {Units.Seconds(timing.Seconds)}");
            }
            rows.Add(row);
        }
        new PartitionsTable(target, link, rows).Print(context, context.Get(markdown));
        return ExitCode.Done;
    }

    private void Calibrate(VerbContext context)
    {
        var job = machineOptions.JobOptions(context);
        if (job.Cuda is not null) throw new UsageException($"found {calibrate.Name} with a CUDA device; expected the CPU: CUDA devices are not calibrated yet");
        var calibration = new Calibration(() => job.CreateDevice(0), context.Log.WriteLine, ProgramCommand.Current);
        var found = calibration.Measure([(NetworkFile.Load("cifar10-two-tower"), 128), (NetworkFile.Load("quickstart"), 64), (NetworkFile.Load("alexnet-2012"), 64)], Environment.MachineName);
        Directory.CreateDirectory(Path.GetDirectoryName(Calibrated)!);
        File.WriteAllText(Calibrated, MachineFile.Write(found));
        context.Log.WriteLine($"calibrated: {Calibrated}");
    }

    private static string Calibrated => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "alexnet", "machine.yaml");

    private TargetMachine LoadMachine(VerbContext context) => context.Get(machine) is { } name ? MachineFile.Load(name) : LoadThisMachine();

    private TargetMachine LoadThisMachine() =>
        File.Exists(Calibrated) ? MachineFile.Load(Calibrated) : throw new UsageException($"this machine has not been measured; expected {calibrate.Name} first, or {machine.Name} NAME|FILE");

    private static IReadOnlyList<string> All() =>
        [.. Directory.EnumerateFiles(Path.Combine(RecipeFolder.Root ?? throw new UsageException("found no folder 'recipes'"), "partitions"), "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string>? Names(VerbContext context, Option<string?> option) =>
        context.Get(option)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Cli.Charts;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Benchmarks;
using AlexNetParallel.Training.Jobs;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Cli.Verbs.Bench;

/// <summary>`alexnet bench comm`: what each exchange costs by itself, and how much of that is seen inside training steps.</summary>
internal sealed class BenchCommunicationVerb : Verb
{
    private readonly RecipeArguments what = new();
    private readonly MachineArguments machine = new();
    private readonly Option<string?> compare = new("--compare") { Description = "Transports to set side by side, with commas: peer, grpc (TCP), grpc-unix, relay, mpi [default: --transport's]", HelpName = "A,B" };
    private readonly Option<int?> repeats = Numbers.Option("--repeats", "Rounds of exchanges without training [default: 100]", 10);
    private readonly Option<int?> steps = Numbers.Option("--steps", "Training steps in which exchanges are watched; 0: none [default: 10]", 0);
    private readonly Option<bool> sizes = new("--sizes") { Description = "In place of a recipe's exchanges those of 1 KB to 64 MB between two workers (network exchange-sizes), without training" };
    private readonly Option<string?> csv = new("--csv") { Description = "Write the rows to a file of comma-separated values, too", HelpName = "FILE" };

    private readonly Option<string?> chart = new("--chart") { Description = "Draw bytes and times of each exchange into an SVG file", HelpName = "FILE" };

    public BenchCommunicationVerb() : base("comm", "Times each exchange, by itself and inside training steps, against raw sockets and memcpy; checks what arrives")
    {
        foreach (var option in what.All.Concat([compare, repeats, steps, sizes, csv, chart]).Concat(machine.All)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet bench comm", "the quickstart's exchanges over shared memory"),
        ("./alexnet bench comm --network alexnet-2012 --dialect source --partition source --batch 128 --compare peer,grpc,grpc-unix", "the net of 2012, three transports side by side"),
        ("./alexnet bench comm --compare peer,grpc --chart comm.svg", "a picture: bytes and time of each exchange"),
        ("./alexnet bench comm --sizes --compare peer,grpc,relay,mpi", "messages of 1 KB to 64 MB over each transport"),
        ("./alexnet bench comm --partition data --steps 0 --csv comm.csv", "data parallelism, exchanges only, into a file"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var recipe = Load(context);
        if (Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch).Exchanges.Count == 0)
            throw new UsageException($"nothing crosses with partition '{recipe.Partition.Name}' on {recipe.Workers} worker(s); expected a partition and workers that exchange something");
        var transports = Transports(context);
        using var interruption = new Interruption(_ => context.Complain("interrupted; the workers are being stopped"), () => { });
        var suite = new ExchangeSuite(ProgramCommand.Current, machine.WorkerArguments(context), context.Log.WriteLine);
        var reports = new List<ExchangeReport>();
        foreach (var transport in transports)
            reports.Add(await suite.MeasureAsync(recipe, transport, context.Get(repeats) ?? 100, context.Get(sizes) ? 0 : context.Get(steps) ?? 10, interruption.Token).ConfigureAwait(false));
        var peer = CppGrpc.Find();
        if (peer is null) context.Log.WriteLine(CppGrpc.Missing);
        var limits = Limits(reports[0], peer);
        if (context.Json) PrintJson(context, reports, limits);
        else Print(context, recipe, reports, limits);
        PrintRoundTrips(context, transports, peer);
        if (context.Get(csv) is { } file) CommunicationCsv.Write(file, reports, limits);
        if (context.Get(chart) is { } picture)
            CommunicationChart.Write(picture, $"{$"{recipe.Network.Name} {recipe.Network.Dialect}".Trim()}, partition {recipe.Partition.Name}, {recipe.Workers} workers, batch {recipe.Batch}: exchanges of a training step", reports);
        return reports.All(r => r.Rows[^1].Wrong == 0) ? ExitCode.Done : ExitCode.Failed;
    }

    private Recipe Load(VerbContext context)
    {
        var recipe = what.Load(context);
        if (!context.Get(sizes)) return recipe;
        if (what.Fixed.FirstOrDefault(context.IsGiven) is { } option) throw new UsageException($"found both {sizes.Name} and {option.Name}; expected one of them: the sizes belong to a network and batch of their own");
        return recipe with { Network = NetworkFile.Load("exchange-sizes"), Partition = PartitionFile.Load("paper"), Workers = 2, Batch = 32 };
    }

    private IReadOnlyList<string> Transports(VerbContext context)
    {
        string[] known = [.. TransportFactory.Names, ExchangeSuite.GrpcUnix];
        string[] names = context.Get(compare)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [what.TransportName(context)];
        if (names.Length == 0 || names.FirstOrDefault(n => !known.Contains(n)) is not null)
            throw new UsageException($"found '{context.Get(compare)}' for {compare.Name}; expected some of {string.Join(", ", known)}");
        return names;
    }

    /// <summary>What limits are called in the table: those of <see cref="RawLimits.Ways"/>, then C++ gRPC's, where it is there.</summary>
    private static string[] LimitNames(bool hasPeer) => ["memcpy", "raw Unix", "raw TCP", .. hasPeer ? ["C++ Unix", "C++ TCP"] : Array.Empty<string>()];

    /// <summary>Raw costs of every payload of the table, by layer and direction.</summary>
    private static Dictionary<(string, string), IReadOnlyList<double>> Limits(ExchangeReport report, string? peer)
    {
        var measured = new Dictionary<(long, bool), IReadOnlyList<double>>();
        var limits = new Dictionary<(string, string), IReadOnlyList<double>>();
        foreach (var row in report.Rows.SkipLast(1))
        {
            var repeats = row.Bytes > 1 << 26 ? 3 : 15;
            if (!measured.TryGetValue((row.Bytes, row.BothWays), out var seconds))
            {
                seconds = [.. RawLimits.Ways.Select(way => RawLimits.Seconds(way, row.Bytes, row.BothWays, repeats)),
                    .. peer is null ? [] : SocketWays.Select(way => CppGrpc.Seconds(peer, way, row.Bytes, row.BothWays, repeats))];
                measured.Add((row.Bytes, row.BothWays), seconds);
            }
            limits.Add((row.Layer, row.Direction), seconds);
        }
        limits.Add(("all", ""), [.. LimitNames(peer is not null).Select((_, way) => report.Rows.SkipLast(1).Sum(row => limits[(row.Layer, row.Direction)][way]))]);
        return limits;
    }

    /// <summary>1 KB there and back: what a short message costs, whose bytes cost nothing.</summary>
    private static void PrintRoundTrips(VerbContext context, IReadOnlyList<string> transports, string? peer)
    {
        const int Bytes = 1024, Repeats = 2000;
        var times = transports.Where(LinkCalibration.Transports.Contains)
            .Select(t => (Name: t, Seconds: 2 * LinkCalibration.Time(t, ExchangeBench.Contiguous(Bytes / sizeof(float)), Repeats, warmUp: 200).MedianSeconds)).ToList();
        foreach (var way in SocketWays)
        {
            times.Add(($"raw-{way}", RawLimits.RoundTrip(way, Bytes, Repeats)));
            if (peer is not null) times.Add(($"grpc-c++-{way}", CppGrpc.RoundTrip(peer, way, Bytes, Repeats)));
        }
        if (context.Json)
        {
            foreach (var (name, seconds) in times) context.Results.Json(new { RoundTrip = name, Bytes, SecondsP50 = seconds });
            return;
        }
        context.Results.Line();
        context.Results.Table($"{Units.Count(Bytes)} bytes there and back, between threads of one process", ["way", ">p50"], [.. times.Select(t => (IReadOnlyList<string>)[t.Name, Units.Seconds(t.Seconds)])]);
    }

    private static readonly string[] SocketWays = ["unix", "tcp"];

    private static void PrintJson(VerbContext context, IReadOnlyList<ExchangeReport> reports, Dictionary<(string, string), IReadOnlyList<double>> limits)
    {
        foreach (var report in reports)
            foreach (var r in report.Rows)
            {
                var raw = limits[(r.Layer, r.Direction)];
                context.Results.Json(new
                {
                    r.Layer,
                    r.Direction,
                    r.Transport,
                    r.Bytes,
                    r.OverheadBytes,
                    r.SecondsP50,
                    r.SecondsP95,
                    r.BytesPerSecond,
                    r.ExposedSeconds,
                    r.HiddenSeconds,
                    r.ShareOfStep,
                    r.Wrong,
                    OfMemcpy = raw[0] / r.SecondsP50,
                    OfUnix = raw[1] / r.SecondsP50,
                    OfTcp = raw[2] / r.SecondsP50,
                    OfCppUnix = raw.Count > 3 ? raw[3] / r.SecondsP50 : (double?)null,
                    OfCppTcp = raw.Count > 3 ? raw[4] / r.SecondsP50 : (double?)null,
                    report.StepSeconds,
                });
            }
    }

    private static void Print(VerbContext context, Recipe recipe, IReadOnlyList<ExchangeReport> reports, Dictionary<(string, string), IReadOnlyList<double>> limits)
    {
        context.Results.Line($"{$"{recipe.Network.Name} {recipe.Network.Dialect}".Trim()}, partition {recipe.Partition.Name}, {recipe.Workers} workers, batch {recipe.Batch}");
        context.Results.Line($"host {Environment.MachineName}, {Environment.ProcessorCount} cores");
        foreach (var report in reports)
            context.Results.Line($"{report.Transport}: processes {string.Join(", ", report.Processes)}; worker 0 is reached {report.Path}{(report.StepSeconds is { } s ? $"; a training step takes {Units.Seconds(s)}" : "")}");
        context.Results.Line();
        var rows = reports[0].Rows.SelectMany((first, i) => reports.Select(report =>
        {
            var (r, raw) = (report.Rows[i], limits[(first.Layer, first.Direction)]);
            return (IReadOnlyList<string>)
            [
                r.Layer, r.Direction, r.Transport, Units.Count(r.Bytes), Units.Count(r.OverheadBytes), Units.Seconds(r.SecondsP50), Units.Seconds(r.SecondsP95), Units.BytesPerSecond(r.BytesPerSecond),
                r.ExposedSeconds is { } e ? Units.Seconds(e) : "", r.HiddenSeconds is { } h ? Units.Seconds(h) : "", r.ShareOfStep is { } part ? Percent(part) : "",
                .. raw.Select(seconds => Percent(seconds / r.SecondsP50)), Units.Count(r.Wrong),
            ];
        }));
        context.Results.Table("Exchanges of a training step: by themselves, and what of them the steps did not hide",
            ["layer", "direction", "transport", ">bytes a worker", ">overhead", ">p50", ">p95", ">speed", ">exposed", ">hidden", ">of the step", .. LimitNames(limits[("all", "")].Count > RawLimits.Ways.Count).Select(n => $">of {n}"), ">wrong"], [.. rows]);
    }

    private static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F1} %");
}

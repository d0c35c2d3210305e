using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet plan`: what a network, a partition, a number of workers and a batch size come to, before anything runs.</summary>
internal sealed class PlanVerb : Verb
{
    private readonly Option<string> network = new("--network") { Description = "Name or file of the network", HelpName = "NAME|FILE", DefaultValueFactory = _ => "alexnet-2012" };
    private readonly Option<string?> dialect = new("--dialect") { Description = "paper or source, for a network that has both [default: its file's first]", HelpName = "paper|source" };
    private readonly Option<string?> partition = new("--partition") { Description = "Name or file of the partition [default: that of the dialect's name, else paper]", HelpName = "NAME|FILE" };
    private readonly Option<int?> workers = Numbers.Option("--workers", "Number of workers [default: 2]", 1);
    private readonly Option<int?> batch = Numbers.Option("--batch", "Images of a batch [default: 128]", 1);
    private readonly Option<bool> program = new("--program") { Description = "Print every instruction of every worker too" };

    public PlanVerb() : base("plan", "Prints programs, exchanges, bytes, FLOP and memory of a network under a partition")
    {
        foreach (var option in (Option[])[network, dialect, partition, workers, batch, program]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet plan --dialect source --partition source", "the net of 2012 on two workers, as its released program had it"),
        ("./alexnet plan --partition data --workers 4 --batch 256", "the same net in data parallelism over four workers"),
        ("./alexnet plan --json | jq .bytes_per_step", "one number for a script"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var net = NetworkFile.Load(context.Get(network)!, context.Get(dialect));
        var where = PartitionFile.Load(context.Get(partition) ?? (net.Dialect.Length > 0 ? net.Dialect : "paper"));
        var plan = Plan.Compile(net, where, context.Get(workers) ?? 2, context.Get(batch) ?? 128);
        var report = new PlanReport(plan);
        if (context.Json) context.Results.Json(report.Json(context.Get(program)));
        else report.Print(context.Results, context.Get(program));
        return Task.FromResult(ExitCode.Done);
    }
}

using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet coordinator`: leads a run whose workers are started by somebody else.</summary>
internal sealed class CoordinatorVerb : Verb
{
    private readonly RunArguments arguments = new();
    private readonly SecurityArguments security = new();
    private readonly AddressOption listen = new("--listen", "Where workers find it: host:port or unix:path") { Required = true };
    private readonly Option<int?> wait = Numbers.Option("--wait", "Seconds to wait for all workers [default: for ever]", 1);

    public CoordinatorVerb() : base("coordinator", "Leads a run whose workers are started by hand, by Slurm, or by Kubernetes")
    {
        foreach (var option in arguments.All.Concat([listen, wait]).Concat(security.All)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet coordinator --listen 127.0.0.1:7000", "waits for two workers (see: alexnet worker --help) and trains the quickstart"),
        ("./alexnet coordinator --listen unix:/tmp/run.sock --recipe cifar10-two-tower --data ../cifar10", "the same through a Unix socket, on CIFAR-10"),
        ("./alexnet coordinator --listen node0:7000 --certificates certs --transport grpc", "for workers on other hosts, with mutual TLS"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var request = arguments.Resolve(context);
        var address = context.Get(listen)!;
        var command = arguments.Command(Name, request, context, [listen.Name, address.ToString(), .. security.Words(context)]);
        using var display = new RunDisplay(context);
        using var interruption = new Interruption(display.TellInterruption, display.RestoreTerminal);
        using var files = RunFiles.Begin(request);
        var options = files.Options(request, command) with
        {
            Listen = address,
            Security = security.Load(context),
            Admission = context.Get(wait) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        await using var coordinator = new RunCoordinator(options, new Observers([files, display]));
        try
        {
            await coordinator.StartAsync(interruption.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            throw new UsageException($"{listen.Name} {address}: {e.Message}");
        }
        display.Log($"the coordinator listens on {coordinator.Address} and waits for {request.Plan.Workers} workers: ./alexnet worker --coordinator {coordinator.Address}");
        using var asked = interruption.Token.Register(() => coordinator.Stop("interrupted"));
        var outcome = await coordinator.RunAsync().ConfigureAwait(false);
        display.End(request.Folder, outcome, $"{command} --resume");
        return ExitCode.Of(outcome);
    }
}

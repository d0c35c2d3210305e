using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet coordinator`: leads a run whose workers are started by somebody else.</summary>
internal sealed class CoordinatorVerb : Verb
{
    private readonly RunArguments arguments = new();
    private readonly MachineArguments machine = new();
    private readonly Option<string> listen = new("--listen") { Description = "Where workers find it: host:port or unix:path", HelpName = "ADDRESS", Required = true };
    private readonly Option<int?> wait = Numbers.Option("--wait", "Seconds to wait for all workers [default: for ever]", 1);

    public CoordinatorVerb() : base("coordinator", "Leads a run whose workers are started by hand, by Slurm, or by Kubernetes")
    {
        foreach (var option in arguments.All.Append(listen).Append(wait)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet coordinator --listen 127.0.0.1:7000", "waits for two workers (see: alexnet worker --help) and trains the quickstart"),
        ("./alexnet coordinator --listen unix:/tmp/run.sock --recipe cifar10-two-tower --data ../cifar10", "the same through a Unix socket"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var request = arguments.Resolve(context);
        var address = Addresses.Parse(listen, context);
        var command = $"{RunFiles.Command("coordinator", request, arguments, machine, context)} --listen {address}";
        using var display = new RunDisplay(context);
        using var interruption = new Interruption(display.TellInterruption, display.RestoreTerminal);
        using var files = RunFiles.Begin(request);
        var options = files.Options(request, command) with { Listen = address, Admission = context.Get(wait) is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
        await using var coordinator = new RunCoordinator(options, new Observers([files, display]));
        try
        {
            await coordinator.StartAsync(interruption.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            throw new UsageException($"--listen {address}: {e.Message}");
        }
        display.Log($"the coordinator listens on {coordinator.Address}; waiting for {request.Plan.Workers} workers: ./alexnet worker --coordinator {coordinator.Address}");
        using var asked = interruption.Token.Register(() => coordinator.Stop("interrupted"));
        var outcome = await coordinator.RunAsync().ConfigureAwait(false);
        display.End(request.Folder, outcome, $"{command} --resume");
        return outcome switch { RunOutcome.Done => ExitCode.Done, RunOutcome.Interrupted => ExitCode.Interrupted, _ => ExitCode.Failed };
    }
}

/// <summary>Addresses of the command line.</summary>
internal static class Addresses
{
    /// <summary>Reads an option's address.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static RpcAddress Parse(Option<string> option, VerbContext context)
    {
        try
        {
            return RpcAddress.Parse(context.Get(option)!);
        }
        catch (FormatException e)
        {
            throw new UsageException($"{option.Name}: {e.Message}");
        }
    }
}

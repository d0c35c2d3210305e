using System.CommandLine;
using AlexNetParallel.Data;
using AlexNetParallel.Data.Sharing;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Jobs;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet worker`: one worker of a run, started by `alexnet train` or by hand.</summary>
internal sealed class WorkerVerb : Verb
{
    private readonly MachineArguments machine = new();
    private readonly Option<string> coordinator = new("--coordinator") { Description = "Where the coordinator listens: host:port or unix:path", HelpName = "ADDRESS", Required = true };
    private readonly Option<int?> rank = Numbers.Option("--rank", "The worker's number, from 0 [default: a free one]", 0);
    private readonly Option<int?> wait = Numbers.Option("--wait", "Seconds to try to reach the coordinator [default: 60]", 1);
    private readonly Option<string?> page = new("--position-page") { Description = "Page of the parent process for the worker's place", Hidden = true };

    public WorkerVerb() : base("worker", "One worker of a run; the coordinator tells it everything else")
    {
        foreach (var option in machine.All.Concat([coordinator, rank, wait, page])) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet worker --coordinator 127.0.0.1:7000", "joins the run that is led there, or waits a minute for it"),
        ("./alexnet worker --coordinator unix:/tmp/run.sock --rank 1 --threads 2", "as worker 1, computing with two threads"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var job = machine.JobOptions(context);
        using var interruption = ParentGuard.IsSupervised ? null : new Interruption(_ => context.Complain("interrupted; the run ends by it"), () => { });
        var options = new WorkerSessionOptions
        {
            Coordinator = Addresses.Parse(coordinator, context), Rank = context.Get(rank), Device = $"cpu, {job.Threads} thread{(job.Threads == 1 ? "" : "s")}",
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, PositionPage = context.Get(page),
            ConnectTime = TimeSpan.FromSeconds(context.Get(wait) ?? 60),
        };
        try
        {
            await WorkerSession.RunAsync(options, _ => new TrainingJob(job), interruption?.Token ?? default).ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (interruption is { Token.IsCancellationRequested: true })
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is WorkerSessionException or ExchangeException or DataSetException or FeedException or PlanException or CheckpointException)
        {
            context.Complain(e.Message);
            return ExitCode.Failed;
        }
    }
}

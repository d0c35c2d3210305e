using System.CommandLine;
using AlexNetParallel.Data;
using AlexNetParallel.Data.Sharing;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Benchmarks;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Jobs;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet worker`: one worker of a run, started by `alexnet train` or by hand.</summary>
internal sealed class WorkerVerb : Verb
{
    private readonly MachineArguments machine = new();
    private readonly SecurityArguments security = new();
    private readonly AddressOption coordinator = new("--coordinator", "Where the coordinator listens: host:port or unix:path") { Required = true };
    private readonly Option<int?> rank = Numbers.Option("--rank", "The worker's number, from 0 [default: a free one]", 0);
    private readonly AddressOption listen = new("--listen", "Where it listens for other workers when the transport is grpc [default: a port of 127.0.0.1]");
    private readonly Option<string?> advertise = new("--advertise") { Description = "Name or IP address by which other workers reach it [default: the one that it listens on]", HelpName = "HOST" };
    private readonly Option<int?> wait = Numbers.Option("--wait", "Seconds to try to reach the coordinator [default: 60]", 1);
    private readonly Option<bool> onlyExchange = new(ExchangeSuite.OnlyExchange) { Description = "Exchange and compute nothing: for alexnet bench comm", Hidden = true };
    private readonly Option<string?> page = new("--position-page") { Description = "Page of the parent process for the worker's place", Hidden = true };
    private readonly Option<bool> measurePeak = new("--measure-peak") { Description = "Measure the device's peak after each step", Hidden = true };

    public WorkerVerb() : base("worker", "One worker of a run; the coordinator tells it everything else")
    {
        foreach (var option in ((Option[])[coordinator, rank, listen, advertise, wait, page, onlyExchange, measurePeak]).Concat(machine.All).Concat(security.All)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet worker --coordinator 127.0.0.1:7000", "joins the run that is led there, or waits a minute for it"),
        ("./alexnet worker --coordinator unix:/tmp/run.sock --rank 1 --threads 2", "as worker 1, computing with two threads"),
        ("./alexnet worker --coordinator node0:7000 --listen node1:7001 --certificates certs", "on another host than the coordinator's"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var known = security.Load(context);
        var grpc = new GrpcTransportOptions { Security = known, AdvertisedHost = context.Get(advertise), Relay = context.Get(coordinator) };
        if (context.Get(listen) is { } address) grpc = grpc with { Listen = address };
        var job = machine.JobOptions(context) with { Grpc = grpc, MeasurePeak = context.Get(measurePeak) };
        using var interruption = ParentGuard.IsSupervised ? null : new Interruption(_ => context.Complain("interrupted; the run ends by it"), () => { });
        var options = new WorkerSessionOptions
        {
            Coordinator = context.Get(coordinator)!,
            Security = known,
            Rank = context.Get(rank),
            Device = job.Cuda is { } driver ? $"cuda, {driver} driver".ToLowerInvariant() : $"cpu, {job.Threads} thread{(job.Threads == 1 ? "" : "s")}",
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            PositionPage = context.Get(page),
            ConnectTime = TimeSpan.FromSeconds(context.Get(wait) ?? 60),
        };
        try
        {
            await WorkerSession.RunAsync(options, _ => context.Get(onlyExchange) ? new ExchangeJob(job) : new TrainingJob(job), interruption?.Token ?? default).ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is WorkerSessionException or ExchangeException or MpiException or DataSetException or FeedException or PlanException or CheckpointException or CudaException)
        {
            context.Complain(e.Message);
            return interruption is { Token.IsCancellationRequested: true } ? ExitCode.Interrupted : ExitCode.Failed;
        }
    }
}

using System.Globalization;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Jobs;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Training.Runs;

/// <summary>
/// A run on this machine: this process is the coordinator, and each worker is a child process, or a child of mpirun where the transport is MPI. The children are there only while
/// <see cref="RunAsync"/> runs, whatever ends it.
/// </summary>
/// <param name="program">How a worker is started; its arguments follow.</param>
/// <param name="workerArguments">Arguments of every worker besides those that tell it its coordinator and rank; <see cref="RankPlace"/> in them becomes its rank.</param>
public sealed class LocalRun(ProgramCommand program, IReadOnlyList<string> workerArguments)
{
    /// <summary>Stands for a worker's rank in its arguments.</summary>
    public const string RankPlace = "{rank}";

    private static readonly TimeSpan admission = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan grace = TimeSpan.FromSeconds(5);

    private Supervisor? supervisor;

    /// <summary>A Unix socket for this process's own workers.</summary>
    public static RpcAddress PrivateAddress()
    {
        var name = $"alexnet-{Environment.ProcessId}-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8]}.sock";
        try
        {
            return RpcAddress.Unix(Path.Combine(Path.GetTempPath(), name));
        }
        catch (FormatException)
        {
            return RpcAddress.Unix(Path.Combine("/tmp", name)); // The user's folder for temporary files has too long a name for a socket.
        }
    }

    /// <summary>Throws if workers with this transport cannot be started on this machine.</summary>
    /// <exception cref="MpiException">The transport needs mpirun, which is not there.</exception>
    public static void CheckStart(string transport)
    {
        if (transport == TransportFactory.Mpi && Mpirun.Problem is { } problem) throw new MpiException($"the transport mpi: {problem}");
    }

    /// <summary>Ends all workers at once. For a second Ctrl-C; may be called from any thread.</summary>
    public void KillAll() => supervisor?.KillAll();

    /// <summary>Starts the workers and leads the run to its end.</summary>
    /// <param name="options">The run; where to listen and how long to wait for workers is decided here.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="stop">Asks for an orderly end.</param>
    /// <exception cref="MpiException">The transport needs mpirun, which is not there.</exception>
    public async Task<RunOutcome> RunAsync(CoordinatorOptions options, IRunObserver observer, CancellationToken stop)
    {
        CheckStart(options.Transport);
        options = options with { Listen = PrivateAddress(), Security = RpcSecurity.LocalOnly, HideWhenComplete = true, Admission = admission };
        await using var coordinator = new RunCoordinator(options, observer);
        await coordinator.StartAsync(CancellationToken.None).ConfigureAwait(false);
        await using var children = supervisor = new Supervisor();
        if (options.Transport == TransportFactory.Mpi) StartByMpirun(children, coordinator, options.Plan.Workers, observer);
        else for (var rank = 0; rank < options.Plan.Workers; rank++) Start(children, coordinator, rank, observer);
        using var asked = stop.Register(() => coordinator.Stop("interrupted"));
        var outcome = await coordinator.RunAsync().ConfigureAwait(false);
        // They end by themselves: told to finish, or to abort.
        foreach (var child in children.Children) child.ExpectExit();
        await coordinator.DisposeAsync().ConfigureAwait(false);
        await children.StopAsync(grace).ConfigureAwait(false);
        return outcome;
    }

    private void Start(Supervisor children, RunCoordinator coordinator, int rank, IRunObserver observer)
    {
        var child = children.Start(new ChildStart($"worker {rank}", program, Arguments(coordinator, rank)) { OnLine = line => observer.Log($"worker {rank}: {line}") });
        _ = child.Exited.ContinueWith(exit =>
        {
            if (!child.IsStopping) coordinator.ReportChild(rank, exit.Result);
        }, TaskScheduler.Default);
    }

    private void StartByMpirun(Supervisor children, RunCoordinator coordinator, int workers, IRunObserver observer)
    {
        ChildProcess? child = null;
        var start = Mpirun.Start(program, [.. Enumerable.Range(0, workers).Select(rank => Arguments(coordinator, rank))]);
        child = children.Start(start with
        {
            OnLine = line =>
            {
                // What it says of an end that was ordered helps nobody.
                if (child is not { IsStopping: true } && line.AsSpan().Trim('-').Trim().Length > 0) observer.Log($"mpirun: {line}");
            },
        });
        _ = child.Exited.ContinueWith(exit =>
        {
            if (child.IsStopping || exit.Result.Code == 0) return;
            var (rank, ended) = Mpirun.Culprit(exit.Result) ?? (-1, exit.Result);
            coordinator.ReportChild(rank, ended);
        }, TaskScheduler.Default);
    }

    private IReadOnlyList<string> Arguments(RunCoordinator coordinator, int rank) =>
    [
        "worker", "--coordinator", coordinator.Address.ToString(), "--rank", rank.ToString(CultureInfo.InvariantCulture),
        "--position-page", coordinator.PositionPages[rank],
        .. workerArguments.Select(a => a.Replace(RankPlace, rank.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)),
    ];
}

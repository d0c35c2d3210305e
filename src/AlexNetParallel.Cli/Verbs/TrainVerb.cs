using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Pictures;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet train`: a whole run on this machine, with a child process for each worker.</summary>
internal sealed class TrainVerb : Verb
{
    private readonly RunArguments arguments = new();
    private readonly MachineArguments machine = new();
    private readonly DryRun dryRun = new();

    public TrainVerb() : base("train", "Trains a network; starts and stops the workers")
    {
        foreach (var option in arguments.All.Concat(machine.All).Concat(dryRun.All)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet train", "the two-tower quickstart on generated images, in about a minute"),
        ("./alexnet train --recipe cifar10-two-tower --data ../cifar10 --run runs/cifar", "CIFAR-10 on two workers"),
        ("./alexnet train --device cuda --driver soft", "the quickstart with the CUDA kernels, on two software devices: needs no GPU, and is slow"),
        ("./alexnet train --transport mpi", "the quickstart with the workers as ranks of an MPI job: starts mpirun, too"),
        ("./alexnet train --run runs/cifar --resume", "goes on after the last checkpoint of that run"),
        ("./alexnet train --recipe alexnet-2012-source --data /data/ilsvrc2012 --json > log.jsonl", "the net of 2012; metrics as JSON lines"),
        ("./alexnet train --trace 20:24", "writes runs/quickstart/trace.json: what every process did in these steps, to look at in ui.perfetto.dev"),
        ("./alexnet train --recipe alexnet-2012-source --dry-run", "what that run would do, epoch by epoch, and how long it would take here; needs no data"),
    ];

    protected override async Task<int> RunAsync(VerbContext context)
    {
        var isDry = dryRun.IsWanted(context);
        var request = arguments.Resolve(context, needsData: !isDry);
        if (isDry) return await dryRun.RunAsync(context, request, machine.WorkerArguments(context)).ConfigureAwait(false);
        LocalRun.CheckStart(request.Transport);
        var local = new LocalRun(ProgramCommand.Current, machine.WorkerArguments(context));
        using var display = new RunDisplay(context);
        using var interruption = new Interruption(display.TellInterruption, () =>
        {
            local.KillAll();
            display.RestoreTerminal();
        });
        var command = arguments.Command(Name, request, context, machine.WorkerArguments(context));
        using var files = RunFiles.Begin(request);
        var outcome = await local.RunAsync(files.Options(request, command), new Observers([files, display]), interruption.Token).ConfigureAwait(false);
        display.End(request.Folder, outcome, $"{command} --resume");
        if (outcome == RunOutcome.Done) Draw(context, request);
        return ExitCode.Of(outcome);
    }

    private static void Draw(VerbContext context, RunRequest request)
    {
        try
        {
            foreach (var path in new RunPictures(request.Folder, request.Recipe).Write()) context.Log.WriteLine($"picture {Path.GetRelativePath(Environment.CurrentDirectory, path)}");
        }
        catch (Exception e) when (e is DataSetException or IOException or CheckpointException)
        {
            context.Complain($"no pictures: {e.Message}"); // The run is whole without them.
        }
    }
}

using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The files that a run writes besides its checkpoints, and the command that goes on with it.</summary>
internal sealed class RunFiles : IRunObserver, IDisposable
{
    private readonly MetricsFile metrics;
    private readonly FailureFile failure;

    private RunFiles(RunRequest request)
    {
        request.Folder.Begin(RecipeFile.Write(request.Recipe));
        request.Folder.Checkpoints.Clean();
        metrics = new MetricsFile(request.Folder.Metrics, request.ResumeFrom?.Info.Step ?? 0);
        failure = new FailureFile(request.Folder.Failure);
    }

    /// <summary>Makes the run's folder.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static RunFiles Begin(RunRequest request)
    {
        try
        {
            return new RunFiles(request);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the run's folder {request.Folder.Path} cannot be written: {e.Message}");
        }
    }

    /// <summary>The command that begins or, with --resume behind it, goes on with the run.</summary>
    public static string Command(string verb, RunRequest request, RunArguments arguments, MachineArguments machine, VerbContext context)
    {
        var folder = Path.GetRelativePath(Environment.CurrentDirectory, request.Folder.Path);
        var words = new List<string> { "./alexnet", verb, "--run", Quote(folder) };
        if (context.IsGiven(arguments.Transport)) words.AddRange([arguments.Transport.Name, request.Transport]);
        if (request.NoFeed) words.Add("--no-feed");
        words.AddRange(machine.WorkerArguments(context));
        return string.Join(' ', words);
    }

    /// <summary>The coordinator's options for the run.</summary>
    public CoordinatorOptions Options(RunRequest request, string command) => new()
    {
        Recipe = request.Recipe, Plan = request.Plan, Folder = request.Folder, Transport = request.Transport, Listen = LocalRun.PrivateAddress(),
        ResumeFrom = request.ResumeFrom, NoFeed = request.NoFeed, Command = command,
    };

    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        metrics.On(happened);
        failure.On(happened);
    }

    /// <inheritdoc/>
    public void Dispose() => metrics.Dispose();

    private static string Quote(string word) => word.All(c => char.IsLetterOrDigit(c) || "/._-+=".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";
}

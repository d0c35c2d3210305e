using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The files that a run writes besides its checkpoints.</summary>
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

    /// <summary>The coordinator's options for the run.</summary>
    public CoordinatorOptions Options(RunRequest request, string command) => new()
    {
        Recipe = request.Recipe,
        Plan = request.Plan,
        Folder = request.Folder,
        Transport = request.Transport,
        Listen = LocalRun.PrivateAddress(),
        ResumeFrom = request.ResumeFrom,
        NoFeed = request.NoFeed,
        Trace = request.Trace,
        Command = command,
    };

    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        metrics.On(happened);
        failure.On(happened);
    }

    /// <inheritdoc/>
    public void Dispose() => metrics.Dispose();
}

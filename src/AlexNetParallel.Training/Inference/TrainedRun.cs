using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Inference;

/// <summary>A trained net on disk: the recipe of its run and one of its checkpoints.</summary>
/// <param name="Recipe">As the run resolved it.</param>
/// <param name="Checkpoint">The checkpoint's folder.</param>
/// <param name="Folder">The run's folder.</param>
public sealed record TrainedRun(Recipe Recipe, string Checkpoint, RunFolder Folder)
{
    /// <summary>Finds a run.</summary>
    /// <param name="path">A run's folder, whose newest checkpoint is taken, or one checkpoint's folder in it (runs/NAME/checkpoints/STEP).</param>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static TrainedRun Find(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var isCheckpoint = File.Exists(Path.Combine(path, CheckpointInfo.FileName));
        var run = new RunFolder(isCheckpoint ? Path.GetDirectoryName(Path.GetDirectoryName(path)!)! : path);
        if (!File.Exists(run.Recipe)) throw new CheckpointException(path, "found no run there; expected the folder of a run, or of one of its checkpoints (runs/NAME/checkpoints/STEP)");
        var checkpoint = isCheckpoint ? path : run.Checkpoints.Newest ?? throw new CheckpointException(run.Checkpoints.Path, "found no checkpoint; the run must train until it has written one");
        return new TrainedRun(RecipeFile.Load(run.Recipe), checkpoint, run);
    }
}

using AlexNetParallel.Training.Checkpoints;

namespace AlexNetParallel.Training.Runs;

/// <summary>The files of a run: runs/NAME/.</summary>
/// <param name="path">The folder; it is made when the first file is written.</param>
public sealed class RunFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The resolved recipe, every default written out.</summary>
    public string Recipe => System.IO.Path.Combine(Path, "recipe.yaml");

    /// <summary>Every event of the run, one JSON object a line.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>What every process did in the steps that were traced; not there otherwise.</summary>
    public string Trace => System.IO.Path.Combine(Path, "trace.json");

    /// <summary>What ended the run badly; not there otherwise.</summary>
    public string Failure => System.IO.Path.Combine(Path, "failure.txt");

    /// <summary>The checkpoints.</summary>
    public CheckpointFolder Checkpoints => new(System.IO.Path.Combine(Path, "checkpoints"));

    /// <summary>True when a run has been there.</summary>
    public bool IsUsed => File.Exists(Recipe) || File.Exists(Metrics);

    /// <summary>Makes the folder and writes the recipe.</summary>
    public void Begin(string recipe)
    {
        Directory.CreateDirectory(Path);
        File.Delete(Failure);
        File.WriteAllText(Recipe, recipe);
    }
}

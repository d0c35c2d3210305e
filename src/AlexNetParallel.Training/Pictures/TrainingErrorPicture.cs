using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Claims;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Pictures;

/// <summary>
/// The paper's figure 1: mean training error of each epoch, runs side by side. Runs of one recipe have one colour; a dotted line marks the error that their recipe stops at.
/// </summary>
public static class TrainingErrorPicture
{
    private const int Width = 560, Height = 400;

    /// <summary>Draws runs in the order given. A point stands at the middle of its epoch, over which it is the mean.</summary>
    /// <exception cref="FileNotFoundException">A folder is not that of a run.</exception>
    public static Canvas Draw(IReadOnlyList<RunFolder> runs)
    {
        var recipes = runs.Select(r => RecipeFile.Load(Existing(r, r.Recipe).Recipe)).ToList();
        var names = recipes.Select(r => r.Name).Distinct().ToList();
        var lines = runs.Zip(recipes, (run, recipe) => new ChartLine(recipe.Name,
            [.. TrainingError.ByEpoch(Existing(run, run.Metrics)).Select((error, epoch) => (epoch + 0.5, 100 * error))], 1 + names.IndexOf(recipe.Name), Thick: true));
        var canvas = new Canvas(Width, Height);
        new Chart("training error, %", "epochs", [.. lines]) { Least = 0, Mark = 100 * recipes.Select(r => r.StopAtTrainingError).FirstOrDefault(e => e is not null) }
            .Draw(canvas, 0, 0, Width, Height);
        return canvas;
    }

    private static RunFolder Existing(RunFolder run, string file) => File.Exists(file) ? run : throw new FileNotFoundException($"found no {file}; expected the folder of a run", file);
}

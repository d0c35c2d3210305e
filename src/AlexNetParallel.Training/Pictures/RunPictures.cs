using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Pictures;

/// <summary>The pictures of a run that need nothing but its folder: kernels, curves, the towers' shares of colour over its checkpoints.</summary>
/// <param name="folder">The run.</param>
/// <param name="recipe">Its recipe.</param>
public sealed class RunPictures(RunFolder folder, Recipe recipe)
{
    /// <summary>Where pictures of a run go.</summary>
    public string Place => Path.Combine(folder.Path, "pictures");

    /// <summary>The towers' shares of colour at each checkpoint that is kept; none where the first layer is no convolution of an RGB image.</summary>
    public IReadOnlyList<(long Step, double[] Towers)> Colours()
    {
        if (recipe.Network.Layers[0] is not Model.Networks.ConvolutionLayer { Input.Channels: 3 }) return [];
        return [.. folder.Checkpoints.Steps.Select(step =>
        {
            using var checkpoint = Checkpoint.Open(folder.Checkpoints.Complete(step), verify: false);
            var (layer, weights) = KernelPicture.FirstLayer(checkpoint, recipe.Network);
            return (step, ColourShare.OfTowers(layer, weights));
        })];
    }

    /// <summary>Writes them.</summary>
    /// <returns>Their paths.</returns>
    public IReadOnlyList<string> Write()
    {
        var written = new List<string>();
        if (File.Exists(folder.Metrics)) Save("curves", RunCurves.Draw([RunCurves.Read(folder)]));
        var colours = Colours();
        if (colours.Count == 0) return written;
        using (var checkpoint = Checkpoint.Open(folder.Checkpoints.Newest!, verify: false))
        {
            var (layer, weights) = KernelPicture.FirstLayer(checkpoint, recipe.Network);
            Save("kernels", KernelPicture.Draw(layer, weights));
        }
        if (colours.Count > 1) Save("colours", DrawColours(colours));
        return written;

        void Save(string name, Canvas canvas)
        {
            var path = Path.Combine(Place, name + ".png");
            canvas.Save(path);
            written.Add(path);
        }
    }

    /// <summary>Each tower's share of colour over the training steps.</summary>
    public static Canvas DrawColours(IReadOnlyList<(long Step, double[] Towers)> colours)
    {
        var canvas = new Canvas(470, 330);
        var lines = Enumerable.Range(0, colours[0].Towers.Length).Select(t => new ChartLine($"tower {t}", [.. colours.Select(c => ((double)c.Step, c.Towers[t]))], t, Thick: true)).ToList();
        new Chart("colour share of the first layer's kernels (dotted: random weights)", "training steps", lines) { Least = 0, Most = 1, Mark = ColourShare.OfRandomWeights }.Draw(canvas, 0, 0, canvas.Width, canvas.Height);
        return canvas;
    }
}

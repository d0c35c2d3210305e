using AlexNetParallel.Devices;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Weights;

/// <summary>Makes checkpoints without training: from another program's weights, or from a checkpoint of another number of workers.</summary>
public static class CheckpointConversion
{
    /// <summary>The same checkpoint as if so many workers had written it: for merge(split(x)) = x, byte for byte.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="plan">Who holds what.</param>
    /// <param name="folder">The new checkpoint's folder; it must not be there.</param>
    public static void Split(Checkpoint source, Plan plan, string folder)
    {
        Directory.CreateDirectory(folder);
        var files = plan.Programs.Select(p => Checkpoint.WriteWorker(folder, plan, p.Rank, (set, kind, memory) => source.Read(set.Layer, kind, set.Outputs).CopyTo(memory))).ToList();
        (source.Info with { Files = files }).Write(folder);
    }

    /// <summary>A new run's folder whose first checkpoint holds weights from elsewhere, momentum 0: training, evaluation and pictures go on from it.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="recipe">The run.</param>
    /// <param name="plan">What it compiles to.</param>
    /// <param name="weights">By layer, weights in canonical order (fan-in, outputs).</param>
    /// <returns>The checkpoint's folder.</returns>
    public static string Begin(RunFolder folder, Recipe recipe, Plan plan, IReadOnlyDictionary<string, (float[] Weights, float[] Biases)> weights)
    {
        folder.Begin(RecipeFile.Write(recipe));
        var aside = folder.Checkpoints.Begin(0);
        var files = plan.Programs.Select(p => Checkpoint.WriteWorker(aside, plan, p.Rank, (set, kind, memory) => Fill(set, kind, memory))).ToList();
        var info = new CheckpointInfo { Step = 0, Tick = 0, Epoch = 0, Network = recipe.Network.Name, Dialect = recipe.Network.Dialect, WeightsSha256 = "", Files = files };
        using (var parts = Checkpoint.OpenParts(aside, files.Select(f => f.Name), info)) info = info with { WeightsSha256 = parts.WeightsSha256(recipe.Network) };
        return folder.Checkpoints.Commit(0, info);

        void Fill(ParameterSet set, ParameterKind kind, Memory<float> memory)
        {
            var (own, biases) = weights[set.Layer.Name];
            if (kind == ParameterKind.Biases) biases.AsSpan(set.Outputs.First, set.Outputs.Count).CopyTo(memory.Span);
            if (kind != ParameterKind.Weights) return;
            for (var row = 0; row < set.Layer.FanIn; row++)
                own.AsSpan(checked(row * set.Layer.Output.Channels + set.Outputs.First), set.Outputs.Count).CopyTo(memory.Span[(row * set.Outputs.Count)..]);
        }
    }
}

using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Schedules;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Recipes;

/// <summary>Writes a recipe as <see cref="RecipeReader"/> reads it, every default written out.</summary>
internal static class RecipeWriter
{
    public static YamlMappingNode Write(Recipe recipe)
    {
        var root = new YamlMappingNode { { "name", recipe.Name } };
        if (recipe.Data is { } data) root.Add("data", data);
        root.Add("seed", Yaml.Value(recipe.Seed));
        root.Add("batch", Yaml.Value(recipe.Batch));
        root.Add("last_batch", Words.Of(recipe.LastBatch));
        if (recipe.Epochs is { } epochs) root.Add("epochs", Yaml.Value(epochs));
        if (recipe.Steps is { } steps) root.Add("steps", Yaml.Value(steps));
        if (recipe.StopAtTrainingError is { } error) root.Add("stop", Yaml.Line(("training_error", error)));
        root.Add("workers", Yaml.Value(recipe.Workers));
        root.Add("test", Cadence(recipe.Test));
        var checkpoint = Cadence(recipe.Checkpoint);
        checkpoint.Add("keep", Yaml.Value(recipe.KeepCheckpoints));
        root.Add("checkpoint", checkpoint);
        root.Add("augmentation", AugmentationText.Write(recipe.Augmentation));
        root.Add("schedule", ScheduleWriter.Write(recipe.Schedule));
        root.Add("partition", PartitionFile.WriteNode(recipe.Partition));
        root.Add("network", NetworkWriter.Write(recipe.Network));
        return root;
    }

    private static YamlMappingNode Cadence(Cadence cadence) =>
        Yaml.Line(("every_epochs", cadence.EveryEpochs), ("every_steps", cadence.EverySteps), ("at_end", cadence.AtEnd));
}

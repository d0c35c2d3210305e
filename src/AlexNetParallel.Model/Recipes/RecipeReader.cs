using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Schedules;

namespace AlexNetParallel.Model.Recipes;

/// <summary>Reads the mapping of a whole recipe, with the user's values in place of the file's.</summary>
internal sealed class RecipeReader(Section section, RecipeOverrides overrides)
{
    private const int MostWorkers = 1024, MostImages = 1 << 16, MostEpochs = 1_000_000;
    private const long MostSteps = 1_000_000_000;

    private readonly string folder = Path.GetDirectoryName(Path.GetFullPath(section.File)) ?? "";

    public Recipe Read()
    {
        var name = section.Find("name")?.AsText() ?? Path.GetFileNameWithoutExtension(section.File);
        section.Subject = $"recipe {name}";
        var network = Network();
        if (network.Input.Channels != 3) throw section.Wrong("network", $"network {network.Name} with {network.Input.Channels} input channels", "3: images are red, green and blue");
        var partition = Partition();
        var workers = Given(overrides.Workers, "--workers", section.Whole("workers", 2, 1, MostWorkers), 1, MostWorkers);
        CheckPartition(partition, network, workers);
        var (epochs, steps) = Length();
        var recipe = new Recipe
        {
            Name = name,
            Network = network,
            Data = Data(),
            Augmentation = AugmentationText.Read(section.Find("augmentation"), network.Input),
            Schedule = ScheduleReader.Read(
                section.Required("schedule", "rates, such as {weight_rate: 0.01}").AsSection("the schedule", "keys with values, such as {weight_rate: 0.01}"),
                [.. network.Weighted.Select(l => l.Name)]),
            Batch = Given(overrides.Batch, "--batch", section.Whole("batch", 128, 1, MostImages), 1, MostImages),
            LastBatch = section.Word("last_batch", LastBatch.Drop),
            Epochs = epochs,
            Steps = steps,
            StopAtTrainingError = StopAtTrainingError(),
            Seed = Seed(),
            Workers = workers,
            Partition = partition,
            Test = Cadence("test", out _),
            Checkpoint = Cadence("checkpoint", out var keep),
            KeepCheckpoints = keep,
        };
        section.RejectUnknown();
        return recipe with { Test = overrides.Test ?? recipe.Test, Checkpoint = overrides.Checkpoint ?? recipe.Checkpoint };
    }

    private Network Network()
    {
        var entry = section.Find("network");
        var (dialect, neuron) = (section.Find("dialect"), section.Find("neuron"));
        if (overrides.Network is { } chosen) return NetworkFile.Load(chosen, overrides.Dialect, overrides.Neuron);
        entry ??= section.Required("network", "a name, a path, or a whole network");
        var wanted = overrides.Dialect ?? dialect?.AsText();
        var neuronWanted = overrides.Neuron ?? neuron?.AsWord(Neuron.Relu, Neuron.Tanh);
        if (entry.IsSection) return NetworkReader.Read(entry.AsSection(), section.Subject, wanted, neuronWanted);
        var path = Named(entry, "the name of a network, the path of its file, or a whole network", RecipeFolder.Network);
        return NetworkFile.Parse(YamlText.ReadFile(path), path, wanted, neuronWanted);
    }

    private Partition Partition()
    {
        var entry = section.Find("partition");
        if (overrides.Partition is { } chosen) return PartitionFile.Load(chosen);
        if (entry is null) return PartitionFile.Load("paper");
        if (entry.IsSection) return PartitionFile.Read(entry.AsSection(), section.Subject);
        var path = Named(entry, "the name of a partition, the path of its file, or a whole partition", RecipeFolder.Partition);
        return PartitionFile.Parse(YamlText.ReadFile(path), path);
    }

    /// <summary>The path of a file that the recipe names; the failure to find it is the recipe's line.</summary>
    private string Named(Entry entry, string expected, Func<string, string?, string> find)
    {
        var name = entry.AsText(expected);
        try
        {
            return find(name, folder);
        }
        catch (RecipeException missing)
        {
            throw entry.Wrong(missing.Expected, $": {missing.Found}");
        }
    }

    private void CheckPartition(Partition partition, Network network, int workers)
    {
        foreach (var (layer, sharding) in network.Layers.Zip(partition.For(network)))
        {
            if (sharding.Kind != ShardingKind.On || sharding.Worker < workers) continue;
            throw section.Wrong("partition", $"layer {layer.Name} on worker {sharding.Worker} (partition {partition.Name}) with {workers} worker{(workers == 1 ? "" : "s")}",
                $"at least {sharding.Worker + 1} workers, or another partition");
        }
    }

    private ulong Seed()
    {
        var seed = (ulong)(section.Find("seed")?.AsWhole(0, long.MaxValue) ?? 1);
        return overrides.Seed is not { } chosen ? seed
            : chosen <= long.MaxValue ? chosen : throw new RecipeException("command line", 0, $"--seed {chosen}", $"a whole number from 0 to {long.MaxValue}");
    }

    private string? Data()
    {
        var entry = section.Find("data");
        if (overrides.Data is { } chosen) return chosen == Recipe.Generated ? chosen : Path.GetFullPath(chosen);
        var data = entry?.AsText($"'{Recipe.Generated}', or the path of a data set");
        return data is null or Recipe.Generated ? data : Path.GetFullPath(data, folder);
    }

    private (int? Epochs, long? Steps) Length()
    {
        var epochs = (int?)section.Find("epochs")?.AsWhole(1, MostEpochs);
        var steps = section.Find("steps")?.AsWhole(1, MostSteps);
        if (overrides.Epochs is not null && overrides.Steps is not null) throw new RecipeException("command line", 0, "both --epochs and --steps", "one of them");
        if (overrides.Epochs is not null) return (Given(overrides.Epochs, "--epochs", 0, 1, MostEpochs), null);
        if (overrides.Steps is not null) return (null, Given(overrides.Steps, "--steps", 0L, 1L, MostSteps));
        if (epochs is null && steps is null) throw section.Missing("epochs", "the number of passes over the training images (or 'steps')");
        if (epochs is not null && steps is not null) throw section.Wrong("steps", "both 'epochs' and 'steps'", "one of them");
        return (epochs, steps);
    }

    private double? StopAtTrainingError()
    {
        if (section.Find("stop")?.AsSection("'stop'", "{training_error: 0.25}") is not { } stop) return null;
        var error = stop.Required("training_error", "a part of the images, such as 0.25").AsNumber(1e-6, 1 - 1e-6);
        stop.RejectUnknown();
        return error;
    }

    private Cadence Cadence(string key, out int keep)
    {
        var cadence = new Cadence(1, 0, true);
        keep = 2;
        if (section.Find(key)?.AsSection($"'{key}'", "keys with values, such as {every_epochs: 1}") is not { } values) return cadence;
        cadence = new Cadence(
            values.Whole("every_epochs", values.Find("every_steps") is null ? 1 : 0, 0, MostEpochs),
            values.Find("every_steps")?.AsWhole(0, MostSteps) ?? 0,
            values.Flag("at_end", true));
        if (key == "checkpoint") keep = values.Whole("keep", 2, 0);
        values.RejectUnknown();
        return cadence;
    }

    private static T Given<T>(T? option, string name, T otherwise, T least, T most) where T : struct, IComparable<T> =>
        option is not { } given ? otherwise
        : given.CompareTo(least) >= 0 && given.CompareTo(most) <= 0 ? given
        : throw new RecipeException("command line", 0, $"{name} {given}", $"a whole number from {least} to {most}");
}

using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Schedules;

namespace AlexNetParallel.Model.Tests.Recipes;

public sealed class RecipeTests
{
    private static string[] Names => [.. Directory.EnumerateFiles(RecipeFolder.Root!, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    public static TheoryData<string> All => [.. Names];

    [Fact]
    public void TheRecipesThatOthersRelyOnAreThere() =>
        Assert.Superset(new HashSet<string> { "quickstart", "cifar10-two-tower", "alexnet-2012-paper", "alexnet-2012-source", "alexnet-2010-source" }, Names.ToHashSet());

    [Theory]
    [MemberData(nameof(All))]
    public void AWrittenRecipeReadsAsAnEqualOneWithoutAnyOtherFile(string name)
    {
        var recipe = RecipeFile.Load(name);

        var text = RecipeFile.Write(recipe);
        var again = RecipeFile.Parse(text, "/nowhere/recipe.yaml");

        Assert.Equal(name, recipe.Name);
        Assert.Equal(recipe, again);
        Assert.Equal(text, RecipeFile.Write(again));
        Assert.Equal(recipe.Sha256, again.Sha256);
        Assert.Matches("^[0-9a-f]{64}$", recipe.Sha256);
    }

    /// <summary>The proxies of the paper's claims differ from their reference in what they are about, and in nothing else.</summary>
    [Fact]
    public void TheClaimsProxiesDifferInOneThing()
    {
        var folder = Path.Combine(RecipeFolder.Root!, "claims");
        var reference = RecipeFile.Load(Path.Combine(folder, "two-tower.yaml"));
        var few = RecipeFile.Load(Path.Combine(folder, "few-images.yaml"));
        Assert.Equal((reference.Network, reference.Augmentation, reference.Schedule, reference.Batch), (few.Network, few.Augmentation, few.Schedule, few.Batch));
        var proxies = Directory.EnumerateFiles(folder, "*.yaml").Where(f => Path.GetFileName(f) is not ("claims.yaml" or "two-tower.yaml" or "few-images.yaml")).Select(f => RecipeFile.Load(f)).ToList();
        Assert.Equal(7, proxies.Count);
        foreach (var proxy in proxies)
        {
            var isNoise = proxy.Name == "colour-noise";
            Assert.Equal(isNoise, proxy.Network == reference.Network);
            Assert.Equal(isNoise, proxy.Augmentation != reference.Augmentation);
            Assert.Equal((reference.Schedule, (proxy.Name == "no-dropout" ? few : reference).Epochs, reference.Batch), (proxy.Schedule, proxy.Epochs, proxy.Batch));
            // What both have is of one size: pools that do not overlap, fewer layers, towers that do not meet.
            foreach (var layer in proxy.Network.Layers.Where(l => proxy.Name != "one-tower" && reference.Network.Layers.Any(r => r.Name == l.Name)))
                Assert.Equal(reference.Network[layer.Name].Output, layer.Output);
        }
    }

    [Fact]
    public void EveryKeyThatMayBeGivenSurvives()
    {
        const string text = """
            name: everything
            network: cifar10-two-tower
            data: /data/cifar10
            seed: 9223372036854775807
            batch: 96
            last_batch: short
            steps: 1234
            stop: {training_error: 0.25}
            workers: 3
            partition: {name: own, default: replicate, layers: {conv1: {on: 2}, max_pooling: batch, classifier: channels}}
            test: {every_epochs: 2, every_steps: 50, at_end: false}
            checkpoint: {every_steps: 7, keep: 0}
            augmentation: {resize: 30, resize_to: 40, shuffle: once, crop: chunk, mirror: batch, mean: channel, colour_noise: 0.25, colour_noise_scale: paper, divide_by: 0.1}
            schedule:
              weight_rate: {kind: dexp, start: 0.3, target_factor: 17, plateaus: 3}
              bias_rate: {kind: plateau, start: 0.1, factor: 0.3}
              plateau: {patience: 5, min_improvement: 0.02, max_drops: 4}
              momentum: 0.85
              weight_decay: 0.0123
              layers:
                fc7: [{weight_factor: 0.1, bias_rate: 0.2}, {from_epoch: 3, weight_rate: 0.7, bias_factor: 3}]
                conv1: [{from_epoch: 1, weight_rate: 0}]
              colour_noise: {2: 0.1, 5: 0}
            """;
        var recipe = RecipeFile.Parse(text, "x.yaml");

        Assert.Equal(recipe, RecipeFile.Parse(RecipeFile.Write(recipe), "y.yaml"));
        Assert.Equal((1234L, null, 0.25), (recipe.Steps, recipe.Epochs, recipe.StopAtTrainingError));
        Assert.Equal((ulong)long.MaxValue, recipe.Seed);
        Assert.Equal(new Cadence(2, 50, false), recipe.Test);
        Assert.Equal((new Cadence(0, 7, true), 0), (recipe.Checkpoint, recipe.KeepCheckpoints));
        Assert.Equal(
            new Augmentation
            {
                Resize = 30,
                ResizeTo = 40,
                Shuffle = Shuffle.Once,
                Crop = DrawFor.Chunk,
                Mirror = DrawFor.Batch,
                Mean = MeanKind.Channel,
                ColourNoise = 0.25,
                ColourNoiseScale = ColourNoiseScale.Paper,
                DivideBy = 0.1,
            },
            recipe.Augmentation);
        Assert.Equal(new DiscreteExponentialRate(0.3, 17, 3), recipe.Schedule.WeightRate);
        Assert.Equal(new PlateauRate(0.1, 0.3), recipe.Schedule.BiasRate);
        Assert.Equal(
            [new LayerChange("fc7", 0, null, 0.2, 0.1, null), new LayerChange("fc7", 3, 0.7, null, null, 3), new LayerChange("conv1", 1, 0, null, null, null)],
            recipe.Schedule.LayerChanges);
        Assert.Equal([new ColourNoiseChange(2, 0.1), new ColourNoiseChange(5, 0)], recipe.Schedule.ColourNoiseChanges);
        Assert.Equal(("own", Sharding.On(2)), (recipe.Partition.Name, recipe.Partition.Layers["conv1"]));
    }

    [Fact]
    public void WhatIsNotSaidHasItsDefault()
    {
        var recipe = RecipeFile.Parse("network: quickstart\nepochs: 3\nschedule: {weight_rate: 0.1}", "short.yaml");

        Assert.Equal("short", recipe.Name);
        Assert.Null(recipe.Data);
        Assert.Equal((128, LastBatch.Drop, 1UL, 2, "paper"), (recipe.Batch, recipe.LastBatch, recipe.Seed, recipe.Workers, recipe.Partition.Name));
        Assert.Equal((new Cadence(1, 0, true), new Cadence(1, 0, true), 2), (recipe.Test, recipe.Checkpoint, recipe.KeepCheckpoints));
        Assert.Equal(new Augmentation(), recipe.Augmentation);
    }

    [Fact]
    public void AChangedValueChangesEqualityAndHash()
    {
        var recipe = RecipeFile.Load("quickstart");
        Recipe[] others =
        [
            recipe with { Seed = 2 },
            recipe with { Batch = 32 },
            recipe with { Network = NetworkFile.Load("quickstart-four-pairs") },
            recipe with { Partition = PartitionFile.Load("source") },
            recipe with { Augmentation = recipe.Augmentation with { DivideBy = 63 } },
            recipe with { Schedule = recipe.Schedule with { Momentum = 0.8 } },
            recipe with { Schedule = recipe.Schedule with { LayerChanges = [new LayerChange("conv1", 1, 0, 0, null, null)] } },
        ];

        Assert.All(others, other => Assert.NotEqual(recipe, other));
        Assert.Equal(8, others.Append(recipe).Select(r => r.Sha256).Distinct().Count());
        Assert.All(others, other => Assert.Equal(other, RecipeFile.Parse(RecipeFile.Write(other), "again.yaml")));
    }

    [Fact]
    public void DifferencesAreNamedByTheirKeys()
    {
        var recipe = RecipeFile.Load("quickstart");
        var other = recipe with { Batch = 32, Epochs = null, Steps = 9, Schedule = recipe.Schedule with { WeightRate = new ConstantRate(0.5) } };

        Assert.Empty(RecipeDifference.Between(recipe, recipe with { }));
        Assert.Equal(
            ["batch: 64, then 32", "epochs: 8, then nothing", "schedule.weight_rate.kind: steps, then nothing", "schedule.weight_rate.start: 0.01, then nothing",
                "schedule.weight_rate.factor: 0.1, then nothing", "schedule.weight_rate.at_fractions.0: 0.75, then nothing", "steps: nothing, then 9", "schedule.weight_rate: nothing, then 0.5"],
            RecipeDifference.Between(recipe, other).Select(d => d.ToString()));
        Assert.Equal(["network.layers.2.channels: 32, then 64"],
            RecipeDifference.Between(recipe, recipe with { Network = NetworkFile.Parse(NetworkFile.Write(recipe.Network).Replace("conv2, type: convolution, channels: 32", "conv2, type: convolution, channels: 64"), "x.yaml") })
                .Select(d => d.ToString()));
    }

    [Fact]
    public void TheUserGoesBeforeTheFile()
    {
        var recipe = RecipeFile.Load("quickstart", new RecipeOverrides
        {
            Network = "cifar10-figure1",
            Neuron = Neuron.Tanh,
            Data = "here",
            Partition = "single",
            Workers = 1,
            Batch = 32,
            Steps = 20,
            Seed = 7,
            Test = default(Cadence),
            Checkpoint = new Cadence(0, 5, false),
        });

        Assert.Equal(NetworkFile.Load("cifar10-figure1", neuron: Neuron.Tanh), recipe.Network);
        Assert.Equal(Path.GetFullPath("here"), recipe.Data);
        Assert.Equal(("single", 1, 32, 20L, null, 7UL), (recipe.Partition.Name, recipe.Workers, recipe.Batch, recipe.Steps, recipe.Epochs, recipe.Seed));
        Assert.Equal((default, new Cadence(0, 5, false)), (recipe.Test, recipe.Checkpoint));
        Assert.Equal("generated", RecipeFile.Load("cifar10-two-tower", new RecipeOverrides { Data = "generated" }).Data);
        Assert.Equal((5, null), (RecipeFile.Load("quickstart", new RecipeOverrides { Epochs = 5 }).Epochs, recipe.Epochs));
    }

    [Fact]
    public void AnotherDialectOfTheSameNetworkCanBeChosen()
    {
        var recipe = RecipeFile.Load("alexnet-2012-source", new RecipeOverrides { Dialect = "paper" });

        Assert.Equal(NetworkFile.Load("alexnet-2012", "paper"), recipe.Network);
        // Another network: the recipe's dialect is no longer meant.
        Assert.Equal("", RecipeFile.Load("alexnet-2012-source", new RecipeOverrides { Network = "cifar10-two-tower" }).Network.Dialect);
    }

    [Fact]
    public void PathsInARecipeBeginInItsFolder()
    {
        var folder = Directory.CreateTempSubdirectory("recipe").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "networks"));
            File.Copy(RecipeFolder.Network("quickstart"), Path.Combine(folder, "networks", "mine.yaml"));
            File.Copy(RecipeFolder.Partition("data"), Path.Combine(folder, "all.yaml"));
            var path = Path.Combine(folder, "run.yaml");
            File.WriteAllText(path, "network: networks/mine.yaml\npartition: ./all.yaml\ndata: ../pictures\nepochs: 1\nschedule: {weight_rate: 0.1}");
            var byName = Path.Combine(folder, "named.yaml");
            File.WriteAllText(byName, "network: mine\nepochs: 1\nschedule: {weight_rate: 0.1}");

            var recipe = RecipeFile.Load(path);

            Assert.Equal(("run", "quickstart", "data"), (recipe.Name, recipe.Network.Name, recipe.Partition.Name));
            Assert.Equal(Path.Combine(Path.GetDirectoryName(folder)!, "pictures"), recipe.Data);
            Assert.Equal(recipe.Network, RecipeFile.Load(byName).Network);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tests.Schedules;

namespace AlexNetParallel.Model.Tests.Recipes;

public sealed class CourseOutlineTests
{
    private const int IlsvrcTrain = 1_281_167, IlsvrcTest = 50_000;

    private static CourseOutline Outline(Recipe recipe, int train = IlsvrcTrain, int test = IlsvrcTest) =>
        new(recipe, Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch), train, test);

    private static Recipe With(string schedule) => RecipeFile.Load("quickstart") with { Schedule = ScheduleTests.Read(schedule), Epochs = 10, Steps = null };

    /// <summary>The notes in layers/layer-params-145.cfg of the 2012 program, epoch by epoch.</summary>
    [Fact]
    public void TheCourseOf2012IsItsAuthorsNotes()
    {
        var outline = Outline(RecipeFile.Load("alexnet-2012-source"));

        Assert.Equal(Enumerable.Range(0, 91), outline.Epochs.Select(e => e.Epoch));
        foreach (var e in outline.Epochs)
        {
            Assert.Equal(e.Epoch < 25 ? 0.01 : e.Epoch < 51 ? 0.001 : e.Epoch < 79 ? 0.0001 : 0.00001, e.WeightRate);
            Assert.Equal(0.02, e.BiasRate);
            Assert.Equal(e.Epoch < 67 ? 0.1 : 0, e.ColourNoise);
            OwnRates[] own = e.Epoch < 67 ? [] : e.Epoch < 72 ? [new("conv1", 0.00001, 0.02)] : [new("conv1", 0, 0)];
            Assert.Equal(own, e.Layers);
            // The last, shorter batch counts as many images as there are.
            Assert.Equal((10_010L, (long)IlsvrcTrain), (e.Steps, e.Images));
            // Without conv1 the lowest layer that learns is conv2, below every exchange.
            Assert.Equal(10_010 * 60_030_976L, e.Bytes);
        }
        Assert.Equal(
            [(25, "weight_rate"), (51, "weight_rate"), (67, "colour_noise"), (67, "conv1 weight_rate"), (72, "conv1 weight_rate"), (72, "conv1 bias_rate"), (79, "weight_rate")],
            outline.Events.Where(e => e.Epoch is not (25 or 51) || !e.What.StartsWith("conv1", StringComparison.Ordinal)).Select(e => (e.Epoch, e.What)));
        Assert.All(outline.Events, e => Assert.Equal(e.Epoch * 10_010L + 1, e.Step));
        Assert.Equal(91 * (long)IlsvrcTrain, outline.Images);
        Assert.Equal((91, 91L * IlsvrcTest), (outline.TestPasses, outline.TestImagesShown));
    }

    /// <summary>"the learning was stopped after 370K iterations (74 epochs)" of batch 256: Simonyan and Zisserman, section 3.1.</summary>
    [Theory]
    [InlineData("vgg-a")]
    [InlineData("vgg-d")]
    public void TheCourseOfVggIsItsPapers(string name)
    {
        var recipe = RecipeFile.Load(name);
        var outline = Outline(recipe);
        Assert.Equal((256, 74, 370_296L), (recipe.Batch, outline.Epochs.Count, outline.TotalSteps));
        Assert.Equal((256, 512, 384), (recipe.Augmentation.Resize, recipe.Augmentation.ResizeTo, recipe.Augmentation.TestSide));
        Assert.All(outline.Epochs, e => Assert.Equal((0.01, 0.1), (e.WeightRate, e.ColourNoise)));
        Assert.Equal((0.01, 3, 0.9, 0.0005), (recipe.Schedule.WeightRate.At(new(0, 1, 10, 0)), recipe.Schedule.Plateau!.MaxDrops, recipe.Schedule.Momentum, recipe.Schedule.WeightDecay));
        Assert.Equal(0.00001, recipe.Schedule.WeightRate.At(new(70, 9, 10, 3)), 1e-12);
    }

    [Fact]
    public void AChangeWithinAnEpochIsFoundToTheStep()
    {
        // 640 images in batches of 64: 10 steps an epoch, 100 in all. A plateau of dexp ends with the step whose progress is its end.
        var outline = Outline(With("weight_rate: {kind: dexp, start: 0.01, target_factor: 1000, plateaus: 4}"), 640, 0);
        Assert.Equal([27L, 52, 77], outline.Events.Where(e => e.What == "weight_rate").Select(e => e.Step));

        var steps = Outline(With("weight_rate: {kind: steps, start: 0.01, factor: 0.5, at_steps: [33, 34, 95]}"), 640, 0);
        Assert.Equal([(34L, 0.005), (35, 0.0025), (96, 0.00125)], steps.Events.Where(e => e.What == "weight_rate").Select(e => (e.Step, e.To)));
        Assert.Empty(Outline(With("weight_rate: 0.01"), 640, 0).Events);
    }

    [Fact]
    public void WhatIsFrozenDoesNotCross()
    {
        var recipe = With("""
            weight_rate: 0.01
            layers: {conv1: [{from_epoch: 4, weight_rate: 0, bias_rate: 0}], conv2: [{from_epoch: 4, weight_rate: 0, bias_rate: 0}], conv3: [{from_epoch: 4, weight_rate: 0, bias_rate: 0}]}
            """);
        var outline = Outline(recipe, 640, 0);
        var plan = Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch);
        Assert.Equal(10 * plan.BytesPerStep, outline.Epochs[3].Bytes);
        var backOfConv3 = plan.Exchanges.Where(e => e is { Layer: "conv3" or "fc4", Direction: Direction.Backward }).Sum(e => e.Bytes);
        Assert.Equal(10 * (plan.BytesPerStep - backOfConv3), outline.Epochs[4].Bytes);
    }

    [Fact]
    public void ARunOfSomeStepsEndsWithinAnEpoch()
    {
        var recipe = With("weight_rate: 0.01") with { Epochs = null, Steps = 25 };
        var outline = Outline(recipe, 650, 65);
        Assert.Equal([(0, 10L, 640L), (1, 10, 640), (2, 5, 320)], outline.Epochs.Select(e => (e.Epoch, e.Steps, e.Images)));
        Assert.Equal((3L, 195L), (outline.TestPasses, outline.TestImagesShown));
    }
}

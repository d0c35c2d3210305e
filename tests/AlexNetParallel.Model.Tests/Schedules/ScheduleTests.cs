using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Schedules;

namespace AlexNetParallel.Model.Tests.Schedules;

public sealed class ScheduleTests
{
    /// <summary>A recipe of the small net with this schedule.</summary>
    internal static Schedule Read(string yaml) => RecipeFile.Parse($"""
        network: quickstart
        epochs: 10
        schedule:
        {string.Join('\n', yaml.ReplaceLineEndings("\n").Split('\n').Select(line => "  " + line))}
        """, "test.yaml").Schedule;

    /// <summary>The first step of an epoch of a run of 100 epochs of 10 steps.</summary>
    private static Progress Epoch(int epoch, int drops = 0) => new(epoch, epoch * 10L + 1, 1000, drops);

    /// <summary>The comments of layers/layer-params-145.cfg (2012) and layers/layer-params-145-2010.cfg of the 2012 program.</summary>
    [Theory]
    [InlineData("alexnet-2012-source", 25, 51, 67, 72, 79, 91)]
    [InlineData("alexnet-2010-source", 23, 51, 68, 72, 78, 93)]
    public void Net145FollowsItsAuthorsNotes(string recipe, int first, int second, int slowConv1, int frozenConv1, int third, int end)
    {
        var run = RecipeFile.Load(recipe);

        Assert.Equal(end, run.Epochs);
        for (var epoch = 0; epoch < end; epoch++)
        {
            var settings = run.Schedule.At(new Progress(epoch, epoch * 10_010L + 1, end * 10_010L));
            var general = epoch < first ? 0.01 : epoch < second ? 0.001 : epoch < third ? 0.0001 : 0.00001;
            var bias = recipe.Contains("2010") && epoch >= first ? 0.002 : 0.02;
            foreach (var layer in run.Network.Weighted)
            {
                var expected = layer.Name != "conv1" || epoch < slowConv1 ? new LayerRates(general, bias)
                    : epoch < frozenConv1 ? new LayerRates(0.00001, bias) : new LayerRates(0, 0);
                Assert.Equal(expected, settings[layer.Name]);
            }
            Assert.Equal(general, settings.WeightRate);
            Assert.Equal(epoch < slowConv1 ? 0.1 : 0, run.Schedule.ColourNoise(epoch, run.Augmentation.ColourNoise));
            Assert.Equal((0.9, 0.0005), (settings.Momentum, settings.WeightDecay));
        }
    }

    /// <summary>layers/layer-params-170.cfg: four plateaus from 0.01 to 0.00004 for the weights, two from 0.02 to 0.002 for the biases.</summary>
    [Fact]
    public void TheDiscreteExponentialHasThePlateausOfNet170()
    {
        var schedule = Read("""
            weight_rate: {kind: dexp, start: 0.01, target_factor: 250, plateaus: 4}
            bias_rate: {kind: dexp, start: 0.02, target_factor: 10, plateaus: 2}
            """);
        const int steps = 1000;
        LayerRates At(long step) => schedule.At(new Progress(0, step, steps))["conv1"];

        // Step s has progress (s - 1) / 1000; a plateau's end belongs to it (src/lr.cu compares with <=).
        foreach (var (step, expected) in ((long, double)[])[(1, 0.01), (251, 0.01), (252, 0.0015874), (501, 0.0015874), (502, 0.00025198), (751, 0.00025198), (752, 0.00004), (1000, 0.00004)])
        {
            Assert.Equal(expected, At(step).WeightRate, expected * 2e-5);
        }
        Assert.Equal(0.00004, At(1000).WeightRate);
        Assert.Equal([0.02, 0.02, 0.002, 0.002], ((long[])[1, 501, 502, 1000]).Select(step => At(step).BiasRate));
    }

    [Fact]
    public void StepsAreCountedInEpochsStepsOrParts()
    {
        var epochs = Read("weight_rate: {kind: steps, start: 0.5, factor: 0.1, at_epochs: [30, 60]}");
        var steps = Read("weight_rate: {kind: steps, start: 0.5, factor: 0.1, at_steps: [300, 600]}");
        var parts = Read("weight_rate: {kind: steps, start: 0.5, factor: 0.1, at_fractions: [0.3, 0.6]}");

        foreach (var schedule in (Schedule[])[epochs, steps, parts])
        {
            Assert.Equal([0.5, 0.5, 0.05, 0.05, 0.005, 0.005], ((int[])[0, 29, 30, 59, 60, 99]).Select(e => schedule.At(Epoch(e)).WeightRate));
        }
        Assert.Equal([0.5, 0.05], ((long[])[300, 301]).Select(step => steps.At(new Progress(29, step, 1000)).WeightRate));
        Assert.Equal(0.5 * 8, Read("weight_rate: {kind: steps, start: 0.5, factor: 2, at_epochs: [1, 2, 3]}").At(Epoch(3)).WeightRate);
    }

    [Fact]
    public void ARateAloneIsConstantAndTheBiasesHaveItToo()
    {
        var schedule = Read("weight_rate: 0.125");

        Assert.Equal(new LayerRates(0.125, 0.125), schedule.At(Epoch(99))["fc4"]);
        Assert.Equal((0.9, 0.0005), (schedule.Momentum, schedule.WeightDecay));
    }

    [Fact]
    public void ChangesOfALayerReplaceOrMultiplyAndLastUntilTheNext()
    {
        var schedule = Read("""
            weight_rate: {kind: piecewise, by_epoch: {0: 0.5, 50: 0.25}}
            bias_rate: 1
            layers:
              fc5:
                - {bias_factor: 2}
                - {from_epoch: 10, weight_factor: 4}
                - {from_epoch: 60, weight_rate: 0.03125}
                - {from_epoch: 70, weight_rate: 0, bias_rate: 0}
            """);

        Assert.Equal([new(0.5, 2), new(0.5, 2), new(2, 2), new(1, 2), new(0.03125, 2), new(0, 0)],
            ((int[])[0, 9, 10, 50, 60, 70]).Select(e => schedule.At(Epoch(e))["fc5"]));
        Assert.Equal(new LayerRates(0.25, 1), schedule.At(Epoch(70))["fc4"]);
    }

    [Fact]
    public void TheUpdateOfALayerCarriesAllNumbers()
    {
        var rule = Read("weight_rate: 0.25\nbias_rate: 0.5\nmomentum: 0.75\nweight_decay: 0.125").At(Epoch(0)).Rule("conv2", 96);

        Assert.Equal(new Operations.UpdateRule(0.25f, 0.5f, 0.75f, 0.125f, 96), rule);
    }

    [Fact]
    public void AskingForAnUpdateAllocatesNothing()
    {
        var schedule = RecipeFile.Load("alexnet-2012-source").Schedule;
        _ = schedule.At(Epoch(80)).Rule("conv1", 128);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 1; step < 1000; step++) _ = schedule.At(new Progress(step / 10, step, 1000)).Rule("conv1", 128);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void ARateThatWaitsForTheTestErrorDropsAfterThePatience()
    {
        var schedule = Read("""
            weight_rate: {kind: plateau, start: 0.01}
            bias_rate: {kind: plateau, start: 0.02, factor: 0.5}
            plateau: {patience: 2, min_improvement: 0.01, max_drops: 2}
            """);
        var rule = schedule.Plateau!;
        var state = default(PlateauState);
        var drops = new List<int>();
        // 0.495 and 0.494 are less than 0.01 below 0.50: two tests without improvement, a drop. 0.48 improves. Then two more drops are due, one is allowed.
        foreach (var error in (double[])[0.6, 0.5, 0.495, 0.494, 0.48, 0.48, 0.475, 0.5, 0.5, 0.5])
        {
            state = rule.After(state, error);
            drops.Add(state.Drops);
        }

        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2, 2, 2], drops);
        Assert.Equal(0.48, state.Best);
        Assert.Equal([new(0.01, 0.02), new(0.001, 0.01), new(0.0001, 0.005)], Enumerable.Range(0, 3).Select(d => schedule.At(Epoch(5, d))["conv1"]));
    }

    [Fact]
    public void AStateOfThePlateauRuleSurvivesAsJson()
    {
        var state = new PlateauState(0.123456789, 3, 1);

        Assert.Equal(state, System.Text.Json.JsonSerializer.Deserialize<PlateauState>(System.Text.Json.JsonSerializer.Serialize(state)));
        Assert.Equal(default, System.Text.Json.JsonSerializer.Deserialize<PlateauState>(System.Text.Json.JsonSerializer.Serialize(default(PlateauState))));
    }
}

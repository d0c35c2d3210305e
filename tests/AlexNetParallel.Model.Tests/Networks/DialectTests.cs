using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Schedules;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Tests.Networks;

/// <summary>The rows of docs/dialects.md, by number: what the paper says and what the program of 2012 did.</summary>
public sealed class DialectTests
{
    private static readonly Recipe Paper = RecipeFile.Load("alexnet-2012-paper");
    private static readonly Recipe Source = RecipeFile.Load("alexnet-2012-source");
    private static readonly Recipe[] Both = [Paper, Source];

    private static NormalizationLayer Norm(Recipe recipe, string name) => (NormalizationLayer)recipe.Network[name];

    private static float?[] Deviations(Recipe recipe) => [.. recipe.Network.Weighted.Select(l => l.InitialDeviation)];

    private static LayerRates Rates(Recipe recipe, string layer, int epoch, int drops = 0) =>
        recipe.Schedule.At(new Progress(epoch, epoch * 10_010L + 1, 91 * 10_010L, drops))[layer];

    [Fact]
    public void Row01_Images_of_224_pixels_whose_last_window_overhangs_by_three()
    {
        foreach (var recipe in Both)
        {
            var conv1 = (ConvolutionLayer)recipe.Network["conv1"];
            Assert.Equal(new MapSize(3, 224, 224), recipe.Network.Input);
            Assert.Equal((11, 4, 0), (conv1.KernelSize, conv1.Stride, conv1.Pad));
            Assert.Equal(new Border(0, 0, 3, 3), conv1.Shape(48).InputBorder);
        }
    }

    [Fact]
    public void Row02_Alpha_on_the_plain_sum()
    {
        foreach (var name in (string[])["rnorm1", "rnorm2"])
        {
            Assert.Equal(1e-4f, Norm(Paper, name).Alpha);
            Assert.Equal(2e-5f, Norm(Source, name).Alpha);
        }
    }

    [Fact]
    public void Row03_The_other_constants_of_normalisation()
    {
        foreach (var recipe in Both)
        {
            foreach (var name in (string[])["rnorm1", "rnorm2"])
            {
                var norm = Norm(recipe, name);
                Assert.Equal((NormalizationKind.AcrossMaps, 5, 2f, 0.75f), (norm.Kind, norm.Size, norm.K, norm.Beta));
            }
        }
    }

    [Fact]
    public void Row04_The_first_normalisation_stands_after_or_before_the_neuron()
    {
        Assert.Equal(["conv1 Relu", "rnorm1 None", "pool1 None"], Paper.Network.Layers.Take(3).Select(l => $"{l.Name} {l.Neuron}"));
        Assert.Equal(["conv1 None", "rnorm1 None", "pool1 Relu"], Source.Network.Layers.Take(3).Select(l => $"{l.Name} {l.Neuron}"));
        Assert.Equal(["conv2 Relu", "rnorm2 None", "pool2 None"], Paper.Network.Layers.Skip(3).Take(3).Select(l => $"{l.Name} {l.Neuron}"));
        Assert.Equal(["conv2 Relu", "rnorm2 None", "cnorm2 None", "pool2 None"], Source.Network.Layers.Skip(3).Take(4).Select(l => $"{l.Name} {l.Neuron}"));
        Assert.Equal((Neuron.Relu, Neuron.None), (Paper.Network["conv5"].Neuron, Paper.Network["pool5"].Neuron));
        Assert.Equal((Neuron.None, Neuron.Relu), (Source.Network["conv5"].Neuron, Source.Network["pool5"].Neuron));
    }

    [Fact]
    public void Row05_The_second_normalisation_of_layer_2()
    {
        var same = Norm(Source, "cnorm2");

        Assert.Equal((NormalizationKind.SameMap, 5, 1f, 4e-5f, 0.75f), (same.Kind, same.Size, same.K, same.Alpha, same.Beta));
        Assert.Equal(["rnorm1", "rnorm2"], Paper.Network.Layers.OfType<NormalizationLayer>().Select(l => l.Name));
        Assert.Equal(["rnorm1", "rnorm2", "cnorm2"], Source.Network.Layers.OfType<NormalizationLayer>().Select(l => l.Name));
    }

    [Fact]
    public void Row06_Normalisation_stays_within_a_tower()
    {
        foreach (var recipe in Both)
        {
            Assert.All(recipe.Network.Layers.OfType<NormalizationLayer>(), norm => Assert.Equal([[0], [1]], norm.Reads));
            Assert.Equal((48, 128), (Norm(recipe, "rnorm1").TowerChannels, Norm(recipe, "rnorm2").TowerChannels));
        }
    }

    [Fact]
    public void Row07_Deviation_of_the_initial_weights()
    {
        Assert.All(Deviations(Paper), deviation => Assert.Equal(0.01f, deviation));
        Assert.Equal([0.01f, 0.01f, 0.03f, 0.03f, 0.03f, 0.01f, 0.01f, 0.01f], Deviations(Source));
    }

    [Fact]
    public void Row08_Initial_biases()
    {
        foreach (var recipe in Both) Assert.Equal([0f, 1, 0, 1, 1, 1, 1, 0], recipe.Network.Weighted.Select(l => l.InitialBias));
    }

    [Fact]
    public void Row09_Rate_of_the_biases()
    {
        Assert.Equal(0.02, Rates(Source, "conv2", 0).BiasRate);
        Assert.Equal(0.02, Rates(Source, "conv2", 90).BiasRate);
        Assert.Equal(0.01, Rates(Paper, "conv2", 0).BiasRate);
        Assert.Equal(1e-5, Rates(Paper, "conv2", 90, drops: 3).BiasRate);
    }

    [Fact]
    public void Rows10And11_Decay_of_weights_alone()
    {
        foreach (var recipe in Both)
        {
            var rule = recipe.Schedule.At(new Progress(0, 1, 100)).Rule("fc8", 128);
            Assert.Equal((0.0005f, 0.9f), (rule.WeightDecay, rule.Momentum));
        }
    }

    [Fact]
    public void Row12_Drops_of_the_rate()
    {
        Assert.Equal([(0, 0.01), (24, 0.01), (25, 0.001), (50, 0.001), (51, 1e-4), (78, 1e-4), (79, 1e-5), (90, 1e-5)],
            ((int[])[0, 24, 25, 50, 51, 78, 79, 90]).Select(epoch => (epoch, Rates(Source, "fc6", epoch).WeightRate)));
        Assert.Equal(91, Source.Epochs);
        Assert.Equal([0.01, 0.001, 1e-4, 1e-5], Enumerable.Range(0, 4).Select(drops => Rates(Paper, "fc6", 30, drops).WeightRate));
        Assert.Equal(3, Paper.Schedule.Plateau!.MaxDrops);
        Assert.Equal(90, Paper.Epochs);
    }

    [Fact]
    public void Row13_The_first_convolution_is_frozen_towards_the_end()
    {
        Assert.Equal([(66, 1e-4, 0.02), (67, 1e-5, 0.02), (71, 1e-5, 0.02), (72, 0, 0), (90, 0, 0)],
            ((int[])[66, 67, 71, 72, 90]).Select(epoch => (epoch, Rates(Source, "conv1", epoch).WeightRate, Rates(Source, "conv1", epoch).BiasRate)));
        Assert.True(Rates(Source, "conv1", 72).IsFrozen);
        Assert.False(Rates(Source, "conv2", 72).IsFrozen);
        Assert.Empty(Paper.Schedule.LayerChanges);
    }

    [Fact]
    public void Row14_Colour_noise_ends()
    {
        Assert.Equal([0.1, 0.1, 0, 0], ((int[])[0, 66, 67, 90]).Select(epoch => Source.Schedule.ColourNoise(epoch, Source.Augmentation.ColourNoise)));
        Assert.Equal(0.1, Paper.Schedule.ColourNoise(89, Paper.Augmentation.ColourNoise));
    }

    [Fact]
    public void Row15_Scale_of_colour_noise()
    {
        Assert.Equal((0.1, ColourNoiseScale.Paper), (Paper.Augmentation.ColourNoise, Paper.Augmentation.ColourNoiseScale));
        Assert.Equal((0.1, ColourNoiseScale.Source), (Source.Augmentation.ColourNoise, Source.Augmentation.ColourNoiseScale));
    }

    [Fact]
    public void Row16_What_a_crop_and_a_mirror_are_drawn_for()
    {
        Assert.Equal((256, DrawFor.Image, DrawFor.Image), (Paper.Augmentation.Resize, Paper.Augmentation.Crop, Paper.Augmentation.Mirror));
        Assert.Equal((256, DrawFor.Chunk, DrawFor.Chunk), (Source.Augmentation.Resize, Source.Augmentation.Crop, Source.Augmentation.Mirror));
    }

    [Fact]
    public void Row17_The_mean_that_is_subtracted()
    {
        Assert.Equal(MeanKind.ImageAtCrop, Paper.Augmentation.Mean);
        Assert.Equal(MeanKind.ImageCentre, Source.Augmentation.Mean);
        Assert.All(Both, recipe => Assert.Equal(1, recipe.Augmentation.DivideBy));
    }

    [Fact]
    public void Row18_Tests_while_training_take_place_after_each_epoch() =>
        Assert.All(Both, recipe => Assert.Equal(new Cadence(1, 0, true), recipe.Test));

    [Fact]
    public void Row19_Dropout_of_a_half_after_both_hidden_layers()
    {
        foreach (var recipe in Both)
        {
            var dropouts = recipe.Network.Layers.OfType<DropoutLayer>().ToArray();
            Assert.Equal(["fc6", "fc7"], dropouts.Select(d => recipe.Network.Layers[d.Number - 1].Name));
            Assert.All(dropouts, dropout => Assert.Equal(0.5f, dropout.Keep));
        }
    }

    [Fact]
    public void Row20_All_maxima_of_a_window_get_the_gradient()
    {
        foreach (var recipe in Both)
        {
            Assert.All(recipe.Network.Layers.OfType<PoolingLayer>(), pool => Assert.Equal((3, 2, false), (pool.Size, pool.Stride, pool.Shape(1).FirstTieOnly)));
        }
    }

    [Fact]
    public void Row21_Where_the_classifier_stands()
    {
        Assert.Equal(2, Paper.Network["fc8"].Towers);
        Assert.Equal(1, Source.Network["fc8"].Towers);
        Assert.Equal([[0, 1]], Source.Network["fc8"].Reads);
        foreach (var (recipe, fc8) in ((Recipe, Sharding)[])[(Paper, Sharding.Channels), (Source, Sharding.On(0))])
        {
            var shardings = recipe.Partition.For(recipe.Network);
            Assert.Equal(fc8, shardings[recipe.Network["fc8"].Number]);
            Assert.Equal(Sharding.On(0), shardings[recipe.Network["softmax"].Number]);
            Assert.All(recipe.Network.Layers.Where(l => l.Name is not "fc8" and not "softmax"), l => Assert.Equal(Sharding.Channels, shardings[l.Number]));
        }
    }

    [Fact]
    public void Row22_Order_of_the_images()
    {
        Assert.Equal(Shuffle.EveryEpoch, Paper.Augmentation.Shuffle);
        Assert.Equal(Shuffle.Once, Source.Augmentation.Shuffle);
    }

    [Fact]
    public void Row23_The_one_column_net_keeps_the_last_convolution()
    {
        var half = NetworkFile.Load("alexnet-2012-half");

        Assert.Equal(Source.Network["conv5"].Output, half["conv5"].Output);
        Assert.Equal([4096, 4096], ((string[])["fc6", "fc7"]).Select(name => half[name].Output.Channels));
        Assert.Equal(Source.Network.Layers.Select(l => (l.Name, l.Neuron)), half.Layers.Select(l => (l.Name, l.Neuron)));
        Assert.Equal(Deviations(Source), half.Weighted.Select(l => l.InitialDeviation));
    }

    [Fact]
    public void Row24_Gradients_are_divided_by_the_number_of_images_that_a_batch_has()
    {
        foreach (var recipe in Both)
        {
            Assert.Equal(128, recipe.Batch);
            Assert.Equal(15, recipe.Schedule.At(new Progress(0, 1, 100)).Rule("conv1", 15).Cases);
        }
    }

    [Fact]
    public void Row25_Batches_of_the_1281167_training_images()
    {
        var source = new Course(Source, 1_281_167, 50_000);
        var paper = new Course(Paper, 1_281_167, 50_000);

        Assert.Equal((LastBatch.Short, 10_010, 910_910L), (Source.LastBatch, source.StepsPerEpoch, source.TotalSteps));
        Assert.Equal(15, source.Ticks(10_009).First().Cases);
        Assert.Equal((LastBatch.Drop, 10_009), (Paper.LastBatch, paper.StepsPerEpoch));
        Assert.Equal((391, 391), (source.TestBatches, paper.TestBatches));
    }

    [Fact]
    public void Row26_Two_workers() => Assert.All(Both, recipe => Assert.Equal((2, 2), (recipe.Workers, recipe.Network.Towers)));
}

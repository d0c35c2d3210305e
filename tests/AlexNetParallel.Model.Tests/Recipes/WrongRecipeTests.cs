using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Model.Tests.Recipes;

/// <summary>Every wrong recipe gets one message: file, line, what was found, what was expected.</summary>
public sealed class WrongRecipeTests
{
    /// <summary>Right as it stands; each case replaces a part of it.</summary>
    private const string Right = """
        network: quickstart
        batch: 64
        epochs: 3
        partition: paper
        test: {every_epochs: 1}
        augmentation:
          crop: image
        schedule:
          weight_rate: 0.01
          bias_rate: 0.02
          layers:
            conv1:
              - {from_epoch: 1, weight_rate: 0}
        """;

    [Fact]
    public void TheTextBelowIsRightAsItStands() => Assert.Equal(64, RecipeFile.Parse(Right, "r.yaml").Batch);

    [Theory]
    [InlineData("network: quickstart\n", "", "r.yaml:1: found no 'network' in recipe r; expected 'network: a name, a path, or a whole network'")]
    [InlineData("network: quickstart", "network: nets/no.yaml", "r.yaml:1: found 'network: nets/no.yaml' in recipe r: no such file; expected the path of a network")]
    [InlineData("network: quickstart", "network: quickstart\ndialect: paper", "no dialects, while 'paper' is wanted, in network quickstart")]
    [InlineData("network: quickstart", "network: quickstart\nneuron: relux", "r.yaml:2: found 'neuron: relux' in recipe r (did you mean 'relu'?); expected 'relu' or 'tanh'")]
    [InlineData("network: quickstart", "network:\n  layers: []", "r.yaml:2: found no 'input' in network recipe r; expected 'input: {channels: 3, height: 32, width: 32}'")]
    [InlineData("batch: 64", "batch: many", "r.yaml:2: found 'batch: many' in recipe r; expected a whole number from 1 to 65536")]
    [InlineData("batch: 64", "bach: 64", "r.yaml:2: found the unknown key 'bach' in recipe r (did you mean 'batch'?); expected one of name, network, dialect, neuron, partition, workers, epochs, steps, data, augmentation, schedule, batch, last_batch, stop, seed, test, checkpoint")]
    [InlineData("batch: 64", "batch: 64\nlast_batch: longer", "r.yaml:3: found 'last_batch: longer' in recipe r; expected 'drop' or 'short'")]
    [InlineData("batch: 64", "batch: 64\nseed: -1", "r.yaml:3: found 'seed: -1' in recipe r; expected a whole number of at least 0")]
    [InlineData("epochs: 3\n", "", "r.yaml:1: found no 'epochs' in recipe r; expected 'epochs: the number of passes over the training images (or 'steps')'")]
    [InlineData("epochs: 3", "epoch: 3", "r.yaml:3: found the unknown key 'epoch' in recipe r (did you mean 'epochs'?); expected 'epochs: the number of passes over the training images (or 'steps')'")]
    [InlineData("epochs: 3", "epochs: 3\nsteps: 4", "r.yaml:4: found both 'epochs' and 'steps' in recipe r; expected one of them")]
    [InlineData("epochs: 3", "epochs: 0", "r.yaml:3: found 'epochs: 0' in recipe r; expected a whole number from 1 to 1000000")]
    [InlineData("epochs: 3", "epochs: 3\nstop: {training_error: 25}", "r.yaml:4: found 'training_error: 25' in 'stop'; expected a number from 1E-06 to 0.999999")]
    [InlineData("epochs: 3", "epochs: 3\nstop: {error: 0.25}", "r.yaml:4: found no 'training_error' in 'stop'; expected 'training_error: a part of the images, such as 0.25'")]
    [InlineData("partition: paper", "partition: papers", "r.yaml:4: found 'partition: papers' in recipe r: no partition of that name (did you mean 'paper'?); expected the path of a partition, or one of data, hybrid, hybrid-slices, hybrid-turns, paper, pipeline, single, source, source-half")]
    [InlineData("partition: paper", "partition: {default: {on: 2}}", "r.yaml:4: found layer conv1 on worker 2 (partition recipe r) with 2 workers in recipe r; expected at least 3 workers, or another partition")]
    [InlineData("partition: paper", "partition: pipeline\nworkers: 1", "r.yaml:4: found layer fc4 on worker 1 (partition pipeline) with 1 worker in recipe r; expected at least 2 workers, or another partition")]
    [InlineData("partition: paper", "partition: paper\nworkers: 0", "r.yaml:5: found 'workers: 0' in recipe r; expected a whole number from 1 to 1024")]
    [InlineData("test: {every_epochs: 1}", "test: {every_epoch: 1}", "r.yaml:5: found the unknown key 'every_epoch' in 'test' (did you mean 'every_epochs'?); expected one of every_steps, every_epochs, at_end")]
    [InlineData("test: {every_epochs: 1}", "test: 1", "r.yaml:5: found 'test: 1' in recipe r; expected keys with values, such as {every_epochs: 1}")]
    [InlineData("crop: image", "crop: picture", "r.yaml:7: found 'crop: picture' in the augmentation; expected 'nothing', 'image', 'chunk' or 'batch'")]
    [InlineData("crop: image", "mean: image_center", "r.yaml:7: found 'mean: image_center' in the augmentation (did you mean 'image_centre'?); expected 'none', 'image_centre', 'image_at_crop' or 'channel'")]
    [InlineData("crop: image", "resize: 16", "r.yaml:7: found 'resize: 16' in the augmentation; expected at least the network's input, 32×32")]
    [InlineData("crop: image", "resize_to: 64", "r.yaml:7: found a largest side of 64 and no 'resize' in the augmentation; expected 'resize', the smallest side, no larger than 'resize_to'")]
    [InlineData("crop: image", "resize: 64\n  resize_to: 48", "r.yaml:8: found a largest side of 48 and a smallest of 64 in the augmentation; expected 'resize', the smallest side, no larger than 'resize_to'")]
    [InlineData("crop: image", "resize: 48\n  resize_to: 64\n  mean: image_centre", "r.yaml:9: found a mean image while the size of the images is drawn in the augmentation; expected 'channel' or 'none'")]
    [InlineData("crop: image", "divide_by: 0", "r.yaml:7: found 'divide_by: 0' in the augmentation; expected a number above 0")]
    [InlineData("crop: image", "color_noise: 0", "r.yaml:7: found the unknown key 'color_noise' in the augmentation (did you mean 'colour_noise'?); expected one of resize, resize_to, shuffle, crop, mirror, mean, colour_noise, colour_noise_scale, divide_by")]
    [InlineData("  weight_rate: 0.01\n", "", "r.yaml:9: found no 'weight_rate' in the schedule; expected 'weight_rate: a rate, or a curve such as {kind: steps, start: 0.01, factor: 0.1, at_epochs: [20, 40]}'")]
    [InlineData("weight_rate: 0.01", "weight_rate: -1", "r.yaml:9: found 'weight_rate: -1' in the schedule; expected a number from 0 to 1000000")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: stepz}", "r.yaml:9: found 'kind: stepz' in weight_rate (did you mean 'steps'?); expected 'piecewise', 'steps', 'dexp' or 'plateau'")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: steps, start: 1}", "r.yaml:9: found none of at_epochs, at_steps and at_fractions in weight_rate; expected one of them")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: steps, start: 1, at_epochs: [1], at_steps: [2]}", "r.yaml:9: found several of at_epochs, at_steps and at_fractions in weight_rate; expected one of them")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: steps, start: 1, at_fractions: [0.9, 0.7]}", "r.yaml:9: found 'at_fractions' with a list in weight_rate; expected ascending moments")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: steps, start: 1, at_fractions: [1.5]}", "r.yaml:9: found 'at_fractions: 1.5' in weight_rate; expected a number from 0 to 1")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: piecewise, by_epoch: {1: 0.1}}", "r.yaml:9: found 'by_epoch' with keys with values in weight_rate; expected a rate for epoch 0 as the first")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: piecewise, by_epoch: {0: 0.1, x: 1}}", "r.yaml:9: found the key 'x' in by_epoch; expected an epoch, a whole number of at least 0")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: piecewise, by_epoch: {0: 0.1, 5: 1, 3: 2}}", "r.yaml:9: found epoch 3 after epoch 5 in by_epoch; expected ascending epochs")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: dexp, start: 1, target_factor: 10, plateaus: 1}", "r.yaml:9: found 'plateaus: 1' in weight_rate; expected a whole number from 2 to 1000")]
    [InlineData("weight_rate: 0.01", "weight_rate: {kind: plateau, start: 1}", "r.yaml:9: found no 'plateau' in the schedule; expected 'plateau: {patience: 4, min_improvement: 0.001, max_drops: 3}'")]
    [InlineData("weight_rate: 0.01", "weight_rate: 0.01\n  plateau: {patience: 3}", "r.yaml:10: found 'plateau' without a rate of that kind in the schedule; expected weight_rate: {kind: plateau, …}")]
    [InlineData("weight_rate: 0.01", "weight_rate: 0.01\n  momentum: 1", "r.yaml:10: found 'momentum: 1' in the schedule; expected a number from 0 to below 1")]
    [InlineData("    conv1:", "    conv9:", "r.yaml:12: found the unknown layer 'conv9' (did you mean 'conv1'?) in the schedule's layers; expected one of conv1, conv2, conv3, fc4, fc5")]
    [InlineData("weight_rate: 0}", "weight_rate: 0, weight_factor: 2}", "r.yaml:13: found both 'weight_rate' and 'weight_factor' in the schedule of layer conv1; expected one of them")]
    [InlineData("weight_rate: 0}", "weight_rat: 0}", "r.yaml:13: found the unknown key 'weight_rat' in the schedule of layer conv1 (did you mean 'weight_rate'?); expected one of from_epoch, weight_rate, bias_rate, weight_factor, bias_factor")]
    [InlineData("weight_rate: 0}", "weight_rate: 0}\n      - {from_epoch: 1}", "r.yaml:14: found epoch 1 after epoch 1 in the schedule of layer conv1; expected ascending epochs")]
    [InlineData("schedule:\n", "schedule: fast\nlater:\n", "r.yaml:8: found 'schedule: fast' in recipe r; expected keys with values, such as {weight_rate: 0.01}")]
    public void AWrongRecipeIsNamedWithItsLine(string part, string replacement, string message)
    {
        var text = Right.ReplaceLineEndings("\n");
        Assert.Contains(part, text);

        var exception = Assert.Throws<RecipeException>(() => RecipeFile.Parse(text.Replace(part, replacement), "r.yaml"));

        Assert.Contains(message, exception.Message);
        if (message.StartsWith("r.yaml", StringComparison.Ordinal)) Assert.Equal(message, exception.Message);
    }

    [Fact]
    public void AnErrorInANamedFileNamesThatFile()
    {
        var folder = Directory.CreateTempSubdirectory("recipe").FullName;
        try
        {
            var network = Path.Combine(folder, "broken.yaml");
            File.WriteAllText(network, "towers: 2\nlayers: none\n");
            var exception = Assert.Throws<RecipeException>(() => RecipeFile.Parse("network: broken.yaml\nepochs: 1", Path.Combine(folder, "run.yaml")));

            Assert.Equal((network, 1), (exception.File, exception.Line));
            Assert.Equal(network, Assert.Throws<RecipeException>(() => RecipeFile.Load("quickstart", new RecipeOverrides { Network = network })).File);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void WrongOptionsAreNamed()
    {
        static string Message(RecipeOverrides overrides) => Assert.Throws<RecipeException>(() => RecipeFile.Load("quickstart", overrides)).Message;

        Assert.Equal("command line: found --workers 0; expected a whole number from 1 to 1024", Message(new() { Workers = 0 }));
        Assert.Equal("command line: found --batch 70000; expected a whole number from 1 to 65536", Message(new() { Batch = 70_000 }));
        Assert.Equal("command line: found --steps 0; expected a whole number from 1 to 1000000000", Message(new() { Steps = 0 }));
        Assert.Equal("command line: found both --epochs and --steps; expected one of them", Message(new() { Epochs = 1, Steps = 1 }));
        Assert.StartsWith("partition 'sourc': found no partition of that name (did you mean 'source'?)", Message(new() { Partition = "sourc" }), StringComparison.Ordinal);
        Assert.StartsWith("recipe 'quick': found no recipe of that name; expected the path of a recipe, or one of alexnet-2010-source, ",
            Assert.Throws<RecipeException>(() => RecipeFile.Load("quick")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AGreyNetworkIsRefused()
    {
        var exception = Assert.Throws<RecipeException>(() => RecipeFile.Parse("""
            epochs: 1
            network:
              name: grey
              input: {channels: 1, height: 8, width: 8}
              layers: [{name: fc1, type: fully_connected, units: 4}, {name: softmax, type: softmax}]
            schedule: {weight_rate: 0.1}
            """, "r.yaml"));

        Assert.Equal("r.yaml:2: found network grey with 1 input channels in recipe r; expected 3: images are red, green and blue", exception.Message);
    }
}

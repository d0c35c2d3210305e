using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Training.Checkpoints;

namespace AlexNetParallel.Cli.Tests.Trained;

/// <summary>
/// The course of the VGG paper in small, by the commands that recipes/vgg-d.yaml names: images prepared at the largest size, net A trained with scale jittering by data-parallel workers, a deeper
/// net begun with its layers and trained on, whole images evaluated at several scales.
/// </summary>
public sealed class VggTests : IDisposable
{
    private static readonly string[] ofNetA = ["conv1_1", "conv2_1", "conv3_1", "fc4", "fc5"];

    // Net A in small: quickstart-vgg, which stands for the deeper net, less conv1_2 and conv3_2.
    private const string NetA = """
        name: small-a
        network:
          name: small-a
          input: {channels: 3, height: 32, width: 32}
          towers: 1
          layers:
            - {name: conv1_1, type: convolution, reads: all, channels: 8, size: 3, pad: 1, initial_deviation: fan_in, neuron: relu}
            - {name: pool1, type: max_pooling, size: 2, stride: 2}
            - {name: conv2_1, type: convolution, reads: all, channels: 16, size: 3, pad: 1, initial_deviation: fan_in, neuron: relu}
            - {name: pool2, type: max_pooling, size: 2, stride: 2}
            - {name: conv3_1, type: convolution, reads: all, channels: 32, size: 3, pad: 1, initial_deviation: fan_in, neuron: relu}
            - {name: pool3, type: max_pooling, size: 2, stride: 2}
            - {name: fc4, type: fully_connected, reads: all, units: 64, initial_deviation: fan_in, neuron: relu}
            - {name: dropout4, type: dropout, keep: 0.5}
            - {name: fc5, type: fully_connected, reads: all, units: 10, initial_deviation: fan_in}
            - {name: softmax, type: softmax}

        """;

    private const string Rest = """
        data: set
        batch: 64
        steps: 60
        workers: 2
        partition: data
        augmentation: {resize: 32, resize_to: 64, shuffle: every_epoch, crop: image, mirror: image, mean: channel, colour_noise: 0.1, colour_noise_scale: paper, divide_by: 64}
        schedule: {weight_rate: 0.01, momentum: 0.9, weight_decay: 0.0005}
        test: {every_epochs: 0, at_end: false}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    [SkippableFact]
    public async Task A_deeper_net_begins_with_the_layers_of_net_A_and_learns_on()
    {
        Skip.If(Data.ImageLibraries.Check().Any(l => l.Problem is not null), "needs libturbojpeg and libpng");
        await Command.JsonAsync("data", "make", At("shapes"), "--train-per-class", "30", "--test-per-class", "5");
        await Command.JsonAsync("data", "prepare", At("shapes"), At("set"), "--size", "64");
        await File.WriteAllTextAsync(At("a.yaml"), NetA + Rest);
        await File.WriteAllTextAsync(At("deeper.yaml"), "network: quickstart-vgg\n" + Rest);

        var a = await RunAsync("train", "--recipe", "./a.yaml", "--run", "a");
        Assert.True(Last(a) < First(a), $"net A's loss went from {First(a)} to {Last(a)}");
        await Command.JsonAsync("export", At("a"), At("a.safetensors"));
        await RunAsync("import", "a.safetensors", "--recipe", "./deeper.yaml", "--data", "set", "--layers", string.Join(',', ofNetA), "--run", "deeper");
        await Command.JsonAsync("export", At("deeper"), At("begun.safetensors"));
        using (var from = Safetensors.Open(At("a.safetensors")))
        using (var begun = Safetensors.Open(At("begun.safetensors")))
        {
            foreach (var name in begun.Names.Where(n => ofNetA.Contains(n.Split('.')[0]))) Assert.Equal(from.Read(name), begun.Read(name));
            Assert.Equal(from.Names.Count() + 4, begun.Names.Count());
            Assert.Contains(begun.Read("conv3_2.weight"), w => w != 0);   // random, as in a new run
        }

        var deeper = await RunAsync("train", "--run", "deeper", "--resume");
        Assert.Equal(60, deeper.Last("done").GetProperty("step").GetInt64());
        Assert.True(Last(deeper) < First(deeper), $"the deeper net's loss went from {First(deeper)} to {Last(deeper)}");

        var whole = await Command.JsonAsync("eval", At("deeper"), "--data", At("set"), "--dense", "--views", "2", "--scales", "32,48,64");
        Assert.Equal(50, whole.GetProperty("images").GetInt32());
    }

    private async Task<IReadOnlyList<JsonElement>> RunAsync(params string[] arguments)
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, arguments);
        Assert.True(code == 0, error);
        return lines;
    }

    private static double First(IEnumerable<JsonElement> lines) => Losses(lines).Take(15).Average();

    private static double Last(IEnumerable<JsonElement> lines) => Losses(lines).TakeLast(15).Average();

    private static IEnumerable<double> Losses(IEnumerable<JsonElement> lines) => lines.Where(l => l.Event() == "step").Select(l => l.GetProperty("loss").GetDouble());
}

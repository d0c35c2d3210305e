using System.Text.Json;
using AlexNetParallel.Data;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>A run on a prepared set that is killed in the midst of an epoch goes on to the same bits, with every kind of draw in play.</summary>
public sealed class ResumeFromShardsTests : IDisposable
{
    // 300 images in batches of 32 are ten steps an epoch, the last one short; checkpoints come every seven steps, so seldom at an epoch's end.
    private const string Text = """
        network: quickstart
        data: set
        batch: 32
        last_batch: short
        epochs: 8
        augmentation: {crop: chunk, mirror: image, mean: image_at_crop, colour_noise: 0.1, colour_noise_scale: source, divide_by: 64}
        schedule:
          weight_rate: {kind: steps, start: 0.01, factor: 0.5, at_steps: [24, 33]}
          bias_rate: 0.02
          momentum: 0.9
          weight_decay: 0.0005
          layers: {conv1: [{from_epoch: 4, weight_rate: 0, bias_rate: 0}]}
          colour_noise: {5: 0}
        checkpoint: {every_steps: 7, every_epochs: 0, keep: 0}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public async Task Killed_within_an_epoch_it_ends_with_the_same_bits()
    {
        Skip.If(ImageLibraries.Check().Any(l => l.Problem is not null), "needs libturbojpeg and libpng");
        var shapes = Path.Combine(folder, "shapes");
        await Command.JsonAsync("data", "make", shapes, "--train-per-class", "30", "--test-per-class", "5");
        var prepared = await Command.JsonAsync("data", "prepare", shapes, Path.Combine(folder, "set"), "--size", "40", "--shard-images", "64");
        Assert.Equal((300, 6), (prepared.GetProperty("train_images").GetInt32(), prepared.GetProperty("shards").GetInt32()));
        await File.WriteAllTextAsync(Path.Combine(folder, "recipe.yaml"), Text);
        var (code, through, error) = await AlexnetProcess.RunAsync(folder, "train", "--recipe", "./recipe.yaml", "--run", "through");
        Assert.True(code == 0, error);
        Assert.Equal(80, through[^1].Step());

        JsonElement start = default;
        using var process = AlexnetProcess.Start(folder, ["train", "--recipe", "./recipe.yaml", "--run", "killed"], line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() == "step" && line.Step() == 15) RunningProcess.Signal("KILL", start.Processes()[0]);
        });
        Assert.Equal(1, (await process.EndAsync()).Code);

        (code, var resumed, error) = await AlexnetProcess.RunAsync(folder, "train", "--run", "killed", "--resume", "--workers", "1");
        Assert.True(code == 0, error);
        var from = resumed[0].GetProperty("resumed_from").GetInt64();
        Assert.InRange(from, 14, 63);
        Assert.NotEqual(0, from % 10);
        Assert.Equal(through.Weights(), resumed.Weights());
        // The same images: every step after the break has the uninterrupted run's loss.
        Assert.Equal(Losses(through).Skip((int)from), Losses(resumed));
    }

    private static IEnumerable<double> Losses(IEnumerable<JsonElement> lines) => lines.Where(l => l.Event() == "step").Select(l => l.GetProperty("loss").GetDouble());
}

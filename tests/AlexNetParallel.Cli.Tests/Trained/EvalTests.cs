using System.Text.Json;

namespace AlexNetParallel.Cli.Tests.Trained;

public sealed class EvalTests(TrainedRunFixture run) : IClassFixture<TrainedRunFixture>
{
    [Fact]
    public async Task The_centre_view_gives_what_the_run_measured()
    {
        var result = await Command.JsonAsync("eval", run.Run, "--batch", "100", "--threads", "1");
        Assert.Equal(1000, result.GetProperty("images").GetInt32());
        foreach (var name in (string[])["top1_error", "top5_error"]) Assert.Equal(run.Test.GetProperty(name).GetDouble(), result.GetProperty(name).GetDouble(), 1e-9);
        // The run takes the loss from max and sum of the softmax, not from a rounded probability.
        Assert.Equal(run.Test.GetProperty("loss").GetDouble(), result.GetProperty("loss").GetDouble(), 1e-5);
    }

    [Fact]
    public async Task Two_workers_give_the_bits_of_one()
    {
        await Command.JsonAsync("eval", run.Run, "--views", "10", "--threads", "1", "--save", run.Path("one.safetensors"));
        await Command.JsonAsync("eval", run.Run, "--views", "10", "--threads", "1", "--workers", "2", "--batch", "64", "--save", run.Path("two.safetensors"));
        Assert.Equal(await File.ReadAllBytesAsync(run.Path("one.safetensors")), await File.ReadAllBytesAsync(run.Path("two.safetensors")));
    }

    [Fact]
    public async Task Saved_probabilities_are_averaged()
    {
        var alone = await Command.JsonAsync("eval", run.Run, "--save", run.Path("a.safetensors"));
        var (code, output, error) = await Command.RunAsync("eval", run.Path("a.safetensors"), run.Run, "--views", "10", "--json");
        Assert.True(code == 0, error);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("loss").GetDouble()).ToList();
        Assert.Equal(alone.GetProperty("loss").GetDouble(), lines[0], 1e-9);
        Assert.Equal(3, lines.Count);
        // −log is convex: the mean's loss is below the mean of the losses.
        Assert.True(lines[2] < (lines[0] + lines[1]) / 2);
        // Ten views are other probabilities: the generated images have no room to crop, but mirror images.
        Assert.NotEqual(lines[0], lines[1]);
    }

    [Fact]
    public async Task Pictures_are_named_and_their_like_found()
    {
        var made = run.Path("shapes");
        await Command.JsonAsync("data", "make", made, "--train-per-class", "1", "--test-per-class", "1");
        var picture = Path.Combine(made, "test", "checkerboard", "00000.png");
        var predicted = await Command.JsonAsync("predict", run.Run, picture);
        var best = predicted.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("probability").GetDouble()).ToList();
        Assert.Equal(5, best.Count);
        Assert.Equal(best.OrderDescending(), best);
        Assert.InRange(best.Sum(), 0.5, 1.00001);

        var similar = await Command.JsonAsync("similar", run.Run, picture, "--count", "3", "--sheet", run.Path("sheet.png"));
        Assert.Equal(("fc4", 64), (similar.GetProperty("layer").GetString(), similar.GetProperty("features").GetInt32()));
        // The file is the first test image itself.
        var nearest = similar.GetProperty("nearest")[0];
        Assert.Equal((0, 0.0, "checkerboard"), (nearest.GetProperty("image").GetInt32(), nearest.GetProperty("distance").GetDouble(), nearest.GetProperty("class").GetString()));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(run.Path("sheet.png"))).Take(4));
    }

    [Fact]
    public async Task What_is_no_trained_net_is_told()
    {
        foreach (var (line, message) in (IEnumerable<(string[], string)>)[
            (["eval", "/nowhere"], "found no run there"), (["predict", run.Run, "/nowhere.png"], "/nowhere.png"), (["similar", run.Run, "x.png", "--layer", "fc9"], "no layer 'fc9'"),
            (["eval", run.Run, "--views", "3"], "'3'")])
        {
            var (code, output, error) = await Command.RunAsync(line);
            Assert.Equal((2, ""), (code, output));
            Assert.Contains(message, error, StringComparison.Ordinal);
        }
    }
}

using System.Text.Json;

namespace AlexNetParallel.Cli.Tests;

public sealed class BenchTests
{
    [Fact]
    public async Task Every_pass_of_every_layer_with_weights_is_a_line()
    {
        var (code, output, error) = await Command.RunAsync("bench", "ops", "--network", "quickstart", "--batch", "32", "--milliseconds", "1", "--json");
        Assert.True(code == 0, error);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        // The first layer needs no input gradient.
        Assert.Equal(["conv1 forward", "conv1 weight_gradient", "conv2 forward", "conv2 input_gradient", "conv2 weight_gradient"],
            lines.Take(5).Select(l => $"{l.GetProperty("layer").GetString()} {l.GetProperty("pass").GetString()}"));
        Assert.All(lines, l => Assert.InRange(l.GetProperty("fraction_of_peak").GetDouble(), 1e-4, 1.1));
        Assert.All(lines, l => Assert.True(l.GetProperty("seconds_p50").GetDouble() > 0 && l.GetProperty("flop_per_second").GetDouble() > 0));
    }

    [Fact]
    public async Task Every_stage_of_the_feed_is_a_line()
    {
        var (code, output, error) = await Command.RunAsync("bench", "feed", "--milliseconds", "1", "--json");
        Assert.True(code == 0, error);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["draw", "augment"], lines.Select(l => l.GetProperty("stage").GetString()));
        Assert.All(lines, l => Assert.True(l.GetProperty("images_per_second").GetDouble() > 0));
        Assert.All(lines, l => Assert.Equal(0, l.GetProperty("wrong").GetInt64()));
    }
}

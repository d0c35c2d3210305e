using System.Text.Json;

namespace AlexNetParallel.Cli.Tests;

public sealed class BenchTests
{
    [Fact]
    public async Task Every_pass_of_every_layer_is_a_line()
    {
        var lines = await LinesAsync("bench", "ops", "--network", "quickstart", "--batch", "32", "--milliseconds", "1", "--json");
        // The first layer needs no input gradient.
        var products = lines.Where(l => l.GetProperty("fraction_of_peak").ValueKind == JsonValueKind.Number).ToList();
        Assert.Equal(["conv1 forward", "conv1 weight_gradient", "conv2 forward", "conv2 input_gradient", "conv2 weight_gradient"],
            products.Take(5).Select(l => $"{l.GetProperty("layer").GetString()} {l.GetProperty("pass").GetString()}"));
        Assert.All(products, l => Assert.InRange(l.GetProperty("fraction_of_peak").GetDouble(), 1e-4, 1.1));
        Assert.All(lines, l => Assert.True(l.GetProperty("seconds_p50").GetDouble() > 0 && l.GetProperty("bytes_per_second").GetDouble() > 0));
        Assert.All(lines, l => Assert.Equal(0, l.GetProperty("wrong").GetInt64()));
    }

    [Fact]
    public async Task Every_stage_of_the_feed_is_a_line()
    {
        var lines = await LinesAsync("bench", "feed", "--milliseconds", "1", "--json");
        Assert.Equal(["draw", "augment", "all"], lines.Select(l => l.GetProperty("stage").GetString()));
        Assert.All(lines, l => Assert.True(l.GetProperty("images_per_second").GetDouble() > 0));
        Assert.All(lines, l => Assert.Equal(0, l.GetProperty("wrong").GetInt64()));
    }

    [Fact]
    public async Task Every_limit_of_the_machine_is_a_line()
    {
        var lines = await LinesAsync("bench", "limits", "--threads", "1", "--repetitions", "1", "--json");
        Assert.Equal(["fma_peak_one_core", "fma_peak_1_threads", "memory_traffic_one_core", "memcpy", "unix", "tcp"], lines.Select(l => l.GetProperty("limit").GetString()));
        Assert.All(lines, l => Assert.True(l.GetProperty("per_second_p50").GetDouble() > 1e6));
    }

    private static async Task<List<JsonElement>> LinesAsync(params string[] arguments)
    {
        var (code, output, error) = await Command.RunAsync(arguments);
        Assert.True(code == 0, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }
}

namespace AlexNetParallel.Cli.Tests.Runs;

public sealed class VerifyTests
{
    [Theory]
    [InlineData("split")]
    [InlineData("resume")]
    [InlineData("bytes")]
    public async Task The_equalities_hold(string what)
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(Path.GetTempPath(), "verify", what, "--steps", "3");
        Assert.True(code == 0, error);
        var result = Assert.Single(lines);
        Assert.True(result.GetProperty("equal").GetBoolean());
        Assert.Equal(3, result.GetProperty("steps").GetInt32());
        if (what == "bytes") Assert.All(result.GetProperty("exchanges").EnumerateArray(), e => Assert.Equal(e.GetProperty("planned").GetInt64(), e.GetProperty("counted").GetInt64()));
        else Assert.Equal(64, result.GetProperty("weights_sha256").GetString()!.Length);
    }

    /// <summary>Twenty steps on one worker and on several: every weight, bias and momentum has the same bits.</summary>
    [Theory]
    [InlineData("quickstart", "paper", 2, "peer")]
    [InlineData("quickstart", "paper", 2, "grpc")]
    [InlineData("quickstart", "source", 2, "peer")]
    [InlineData("quickstart", "source", 2, "grpc")]
    [InlineData("quickstart-four-pairs", "paper", 2, "peer")]
    [InlineData("quickstart-four-pairs", "paper", 4, "grpc")]
    [InlineData("quickstart-four-three", "paper", 2, "grpc")]
    [InlineData("quickstart-four-three", "paper", 4, "peer")]
    public async Task Split_equals_whole(string network, string partition, int workers, string transport)
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(Path.GetTempPath(),
            "verify", "split", "--network", network, "--partition", partition, "--workers", $"{workers}", "--transport", transport, "--steps", "20");
        Assert.True(code == 0, error);
        Assert.True(Assert.Single(lines).GetProperty("equal").GetBoolean());
    }
}

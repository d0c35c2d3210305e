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
}

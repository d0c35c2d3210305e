using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>The two-tower net on real images, as three processes; the whole run is in docs/measurements/cifar10.md.</summary>
public sealed class CifarTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public async Task A_quarter_of_an_epoch_learns()
    {
        var data = Repository.RequireShared("data", "cifar10");
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "train", "--recipe", "cifar10-two-tower", "--data", data, "--steps", "100", "--run", "run");
        Assert.True(code == 0, error);
        var test = lines.Last("test");
        Assert.Equal(10_000, test.GetProperty("images").GetInt64());
        // Chance is 90 %; the bound leaves room for another processor's rounding.
        Assert.InRange(test.GetProperty("top1_error").GetDouble(), 0.4, 0.75);
        Assert.All(lines.Last("done").GetProperty("exchanges").EnumerateArray(), e => Assert.True(e.GetProperty("bytes").GetInt64() > 0));
    }
}

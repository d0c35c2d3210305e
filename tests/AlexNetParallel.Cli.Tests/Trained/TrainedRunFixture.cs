using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;

namespace AlexNetParallel.Cli.Tests.Trained;

/// <summary>A short run of the quickstart on two workers, for all tests that use a trained net.</summary>
public sealed class TrainedRunFixture : IAsyncLifetime
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public string Run => System.IO.Path.Combine(Folder, "first");

    /// <summary>The test at the run's end.</summary>
    public JsonElement Test { get; private set; }

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    public async Task InitializeAsync()
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(Folder, "train", "--steps", "40", "--run", "first");
        Assert.True(code == 0, error);
        Test = lines.Last("test");
    }

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }
}

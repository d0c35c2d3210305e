namespace AlexNetParallel.Cli.Tests;

public sealed class DataTests
{
    [Fact]
    public async Task The_generated_set_is_told()
    {
        var info = await Command.JsonAsync("data", "info", "generated");
        Assert.Equal((10, 5000, 1000), (info.GetProperty("classes").GetInt32(), info.GetProperty("train_images").GetInt32(), info.GetProperty("test_images").GetInt32()));
        Assert.Equal("checkerboard", info.GetProperty("class_names")[0].GetString());
        Assert.Equal(3, info.GetProperty("mean_rgb").GetArrayLength());
    }

    [SkippableFact]
    public async Task A_set_that_was_made_can_be_read()
    {
        Skip.If(Data.ImageLibraries.Check().Any(l => l is { Format: "PNG", Problem: not null }), "needs libpng");
        var folder = Path.Combine(Path.GetTempPath(), $"alexnet-test-{Guid.NewGuid():N}");
        try
        {
            var made = await Command.JsonAsync("data", "make", folder, "--train-per-class", "3", "--test-per-class", "2");
            Assert.Equal(50, made.GetProperty("files").GetInt32());
            var info = await Command.JsonAsync("data", "info", folder);
            Assert.Equal((30, 20), (info.GetProperty("train_images").GetInt32(), info.GetProperty("test_images").GetInt32()));
            var (code, _, error) = await Command.RunAsync("data", "make", folder);
            Assert.Equal(2, code);
            Assert.Contains("is not empty", error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

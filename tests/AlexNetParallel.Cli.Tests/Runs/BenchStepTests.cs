using System.Text.Json;
using AlexNetParallel.Devices.Cuda;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>`alexnet bench step`, with real worker processes.</summary>
public sealed class BenchStepTests
{
    [Theory]
    [InlineData("peer")]
    [InlineData("grpc")]
    public async Task The_parts_of_a_step_add_up_to_its_time(string transport)
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(Path.GetTempPath(), "bench", "step", "--recipe", "quickstart", "--steps", "5", "--whole", "--transport", transport);
        Assert.True(code == 0, error);
        Assert.Equal([2, 1], lines.Select(l => l.GetProperty("workers").GetInt32()));
        foreach (var line in lines)
        {
            double Part(string name) => line.GetProperty("breakdown").GetProperty(name).GetDouble();
            string[] parts = ["compute", "exchange_exposed", "wait_for_slower", "feed", "host"];
            var mean = line.GetProperty("mean_seconds").GetDouble();
            Assert.All(parts, p => Assert.InRange(Part(p), 0, mean));
            Assert.InRange(parts.Sum(Part), 0.98 * mean, 1.02 * mean);
            // Nothing is put off on the rest.
            Assert.InRange(Part("host"), 0, 0.2 * mean);
            Assert.True(Part("compute") > 0);
            Assert.True(Part("exchange_hidden") >= 0);
            Assert.InRange(line.GetProperty("fraction_of_peak").GetDouble(), 1e-4, 1.1);
            Assert.Equal(line.GetProperty("workers").GetInt32(), line.GetProperty("peak_memory_bytes").GetArrayLength());
        }
        Assert.Equal(0, lines[1].GetProperty("breakdown").GetProperty("exchange_exposed").GetDouble());
    }

    /// <summary>There the thread that waits for a slab is not what computes: the device still may.</summary>
    [SkippableFact]
    public async Task On_CUDA_a_wait_counts_only_while_the_device_has_nothing_to_do()
    {
        Skip.If(CudaDriver.FindSoftFolder() is null, "the software device is not built (scripts/soft-cuda.sh)");
        var (code, lines, error) = await AlexnetProcess.RunAsync(Path.GetTempPath(), "bench", "step", "--recipe", "quickstart", "--steps", "2", "--batch", "32", "--device", "cuda", "--driver", "soft");
        Assert.True(code == 0, error);
        var line = Assert.Single(lines);
        double Part(string name) => line.GetProperty("breakdown").GetProperty(name).GetDouble();
        var mean = line.GetProperty("mean_seconds").GetDouble();
        string[] parts = ["compute", "exchange_exposed", "wait_for_slower", "feed", "host"];
        Assert.All(parts, p => Assert.InRange(Part(p), 0, mean));
        Assert.InRange(parts.Sum(Part), 0.5 * mean, mean * 1.0001);
        Assert.True(Part("compute") > 0);
        Assert.Equal(JsonValueKind.Null, line.GetProperty("fraction_of_peak").ValueKind);
    }
}

using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>`alexnet train --device cuda` as a user starts it: coordinator and workers as processes, on two software devices (a GPU is tested by hand: see docs/cuda.md).</summary>
public sealed class CudaRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task<(string Weights, double Loss, string Error)> Train(string run, string[] arguments, params (string Name, string Value)[] environment)
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, ["train", "--no-feed", "--steps", "2", "--batch", "32", "--run", run, .. arguments], environment);
        Assert.True(code == 0, error);
        return (lines.Weights(), lines.Last("step").GetProperty("loss").GetDouble(), error);
    }

    [SkippableFact]
    public async Task All_paths_and_one_worker_alone_give_the_same_bits()
    {
        Skip.If(CudaDriver.FindSoftFolder() is null, "the software device is not built (scripts/soft-cuda.sh)");
        string[] cuda = ["--device", "cuda", "--driver", "soft"];
        var peer = await Train("peer", cuda);
        Assert.Contains("slabs to worker 1: from device to device", peer.Error, StringComparison.Ordinal);
        Assert.Matches(@"Software.*: ([\d,]+) bytes allocated, \1 planned", peer.Error);
        Assert.Contains("kernels: conv_taps_", peer.Error, StringComparison.Ordinal);

        var whole = await Train("whole", [.. cuda, "--workers", "1"]);
        Assert.Equal(whole.Weights, peer.Weights);
        var grpc = await Train("grpc", [.. cuda, "--transport", "grpc"]);
        Assert.Equal(whole.Weights, grpc.Weights);
        Assert.Contains("slabs to worker 1: through pinned host memory", grpc.Error, StringComparison.Ordinal);
        // Two workers on one device; devices that do not reach each other; streams that lag at random.
        var shared = await Train("shared", [.. cuda, "--devices", "0,0"], ("SOFTCUDA_DELAY", "2000"));
        Assert.Equal(whole.Weights, shared.Weights);
        // The last with other kernels than the registry's: the same bits.
        var staged = await Train("staged", cuda, ("SOFTCUDA_PEER", "0"), ("SOFTCUDA_DELAY", "2000"), ("ALEXNET_FORCE_KERNEL", "conv_taps_any"));
        Assert.Contains("kernels: conv_taps_any for ", staged.Error, StringComparison.Ordinal);
        Assert.Contains("slabs to worker 1: through pinned host memory", staged.Error, StringComparison.Ordinal);
        Assert.Equal(whole.Weights, staged.Weights);
        var host = await Train("host", cuda, ("ALEXNET_CUDA_PEER", "host"));
        Assert.Contains("slabs to worker 1: through pinned host memory", host.Error, StringComparison.Ordinal);
        Assert.Equal(whole.Weights, host.Weights);

        // The CPU sums in another order: after two steps only rounding differs.
        var cpu = await Train("cpu", []);
        Assert.InRange(peer.Loss / cpu.Loss, 1 - 1e-5, 1 + 1e-5);
    }

    /// <summary>With the data path: a run for each, without the test at a run's end, which would take longer than all steps.</summary>
    [SkippableFact]
    public async Task Two_workers_give_the_bits_of_one_on_images_too()
    {
        Skip.If(CudaDriver.FindSoftFolder() is null, "the software device is not built (scripts/soft-cuda.sh)");
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "verify", "split", "--steps", "2", "--batch", "32", "--device", "cuda", "--driver", "soft");
        Assert.True(code == 0, error);
        Assert.True(lines[^1].GetProperty("equal").GetBoolean());
    }

    [SkippableFact]
    public async Task Doctor_shows_driver_devices_and_the_path_of_each_pair()
    {
        Skip.If(CudaDriver.FindSoftFolder() is null, "the software device is not built (scripts/soft-cuda.sh)");
        foreach (var (peer, way) in new[] { ("1", "straight from device to device"), ("0", "through pinned host memory") })
        {
            var (code, lines, error) = await AlexnetProcess.RunAsync(folder, ["doctor", "--driver", "soft"], [("SOFTCUDA_PEER", peer)]);
            Assert.True(code == 0, error);
            var found = lines.ToDictionary(l => l.GetProperty("check").GetString()!, l => l.GetProperty("found").GetString()!);
            Assert.Contains("2 devices", found["cuda driver"], StringComparison.Ordinal);
            Assert.Contains("compute capability", found["cuda device 1"], StringComparison.Ordinal);
            Assert.Contains("version", found["nvrtc"], StringComparison.Ordinal);
            Assert.Contains(way, found["cuda path 0 to 1"], StringComparison.Ordinal);
            Assert.Contains("/s", found["cuda path 1 to 0"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_driver_one_sentence_says_what_to_do()
    {
        var (code, _, error) = await Command.RunAsync("train", "--device", "cuda", "--run", Path.Combine(folder, "none"));
        if (CudaDriver.Kind == CudaDriverKind.Real) return; // this machine has a GPU
        Assert.Equal(1, code);
        Assert.Contains("--driver soft", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(Path.Combine(folder, "none")));
    }

    [Theory]
    [InlineData("--driver", "soft")]
    [InlineData("--devices", "0,0")]
    public async Task Options_of_CUDA_alone_are_refused(string option, string value)
    {
        var (code, _, error) = await Command.RunAsync("train", option, value, "--run", Path.Combine(folder, "none"));
        Assert.Equal(2, code);
        Assert.Contains($"found {option}; it is for --device cuda", error, StringComparison.Ordinal);
    }
}

using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>
/// The loss of runs on images: coordinator and two CUDA workers on two software devices, by peer and by grpc, against the CPU's run of the same recipe.
/// Longer ones are in docs/measurements/cuda-curves.md, with the tolerance that whole runs are held to; its first two lines are held here.
/// </summary>
public sealed class CudaCurveTests(Xunit.Abstractions.ITestOutputHelper output) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public Task The_quickstart_learns_as_on_the_CPU() => Compare("quickstart", steps: 8, batch: 64, ["--data", "generated"]);

    [SkippableFact]
    public Task CIFAR_10_trains_as_on_the_CPU() => Compare("cifar10-two-tower", steps: 2, batch: 32, ["--data", Repository.RequireShared("data", "cifar10")]);

    private async Task Compare(string recipe, int steps, int batch, string[] data)
    {
        Skip.If(CudaDriver.FindSoftFolder() is null, "the software device is not built (scripts/soft-cuda.sh)");
        // Without the tests on images that were not trained with, which would take longer than all steps.
        var text = File.ReadAllText(Repository.Path("recipes", recipe + ".yaml")) + "\ntest: {every_epochs: 0, at_end: false}\ncheckpoint: {every_epochs: 0, at_end: false}\n";
        File.WriteAllText(Path.Combine(folder, "recipe.yaml"), text);
        var cpu = await Train("cpu");
        var peer = await Train("peer", "--device", "cuda", "--driver", "soft");
        var grpc = await Train("grpc", "--device", "cuda", "--driver", "soft", "--transport", "grpc");
        Assert.Equal(peer.Losses, grpc.Losses);
        Assert.Equal(peer.Weights, grpc.Weights);
        for (var i = 0; i < steps; i++)
        {
            output.WriteLine(FormattableString.Invariant($"step {i + 1}: {cpu.Losses[i]:F6} on the CPU, {peer.Losses[i]:F6} on CUDA"));
            Assert.InRange(peer.Losses[i], cpu.Losses[i] * (1 - Tolerance(i)), cpu.Losses[i] * (1 + Tolerance(i)));
        }

        async Task<(double[] Losses, string Weights)> Train(string run, params string[] device)
        {
            var (code, lines, error) = await AlexnetProcess.RunAsync(folder, ["train", "--recipe", "./recipe.yaml", "--steps", $"{steps}", "--batch", $"{batch}", "--run", run, .. data, .. device]);
            Assert.True(code == 0, error);
            return ([.. lines.Where(l => l.Event() == "step").Select(l => l.GetProperty("loss").GetDouble())], lines.Weights());
        }
    }

    /// <summary>Two orders of summation: rounding at first, then as far apart as training drives two nets that were never quite the same. A part of the CPU's loss.</summary>
    private static double Tolerance(int step) => step < 3 ? 1e-4 : 0.01;
}

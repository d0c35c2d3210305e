using System.Globalization;
using System.Runtime.InteropServices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Inference;
using AlexNetParallel.Training.Weights;

namespace AlexNetParallel.Training.Tests.Weights;

public sealed class OnnxTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Networks => ["everything", "tiny", "quickstart", "quickstart-four-pairs"];

    private static Network Find(string name) => name switch
    {
        "everything" => WeightNetworks.Everything,
        "tiny" => WeightNetworks.Tiny,
        _ => NetworkFile.Load(name),
    };

    [SkippableTheory]
    [MemberData(nameof(Networks))]
    public void TheCheckerAcceptsTheModel(string name)
    {
        Skip.IfNot(Programs.HasOnnx, Programs.OnnxReason);
        var (path, _) = Export(Find(name));
        var said = Programs.Run(Programs.Python, "-c", $"import onnx; m = onnx.load('{path}'); onnx.checker.check_model(m, full_check=True); print(len(m.graph.node))");
        Assert.True(int.Parse(said, CultureInfo.InvariantCulture) >= 5);
    }

    /// <summary>Two programs, another order of sums: a tolerance of 1e-5 on probabilities, which are at most 1.</summary>
    [SkippableTheory]
    [MemberData(nameof(Networks))]
    public unsafe void AnotherProgramGivesTheSameProbabilities(string name)
    {
        Skip.IfNot(Programs.HasRuntime, Programs.RuntimeReason);
        var network = Find(name);
        var (path, run) = Export(network);
        const int cases = 3;
        var input = new HostTensor(cases, 3, network.Input.Height, network.Input.Width);
        var random = new Random(5);
        for (var i = 0; i < input.Values.Length; i++) input.Values[i] = (float)(random.NextDouble() * 2 - 1);

        using var ours = new TrainedNetwork(run, 32, run.Recipe.Workers);
        new Span<float>(ours.Images(0), (int)ours.ImageLayout.Size).Clear();
        Blocked.Write(input, ours.ImageLayout, new ChannelSet(new ChannelRange(0, 3)), new Span<float>(ours.Images(0), (int)ours.ImageLayout.Size));
        ours.Forward(0, new int[cases]);
        var expected = ours.Probabilities(cases);

        File.WriteAllBytes(Path.Combine(folder, "in.f32"), MemoryMarshal.AsBytes<float>(Array.ConvertAll(input.Values, v => (float)v)).ToArray());
        Programs.Run("node", Programs.Runner, path, Path.Combine(folder, "in.f32"), Path.Combine(folder, "out.f32"), $"{cases}", "3", $"{network.Input.Height}", $"{network.Input.Width}");
        var got = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "out.f32"))).ToArray();
        Closeness.Close(expected, got, 1e-5, name, scale: 1);
        // The cases differ, so that the comparison means something.
        Assert.Contains(Enumerable.Range(0, network.Classes), c => Math.Abs(expected[c] - expected[network.Classes + c]) > 1e-3);
    }

    private (string Path, TrainedRun Run) Export(Network network)
    {
        var run = WeightNetworks.Begin(network, Path.Combine(folder, "run"), network.Towers);
        var path = Path.Combine(folder, "model.onnx");
        using var checkpoint = Checkpoint.Open(run.Checkpoint);
        OnnxExport.Write(path, network, WeightExchange.Export(checkpoint, network), "a test");
        return (path, run);
    }
}

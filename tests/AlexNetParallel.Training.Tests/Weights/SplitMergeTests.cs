using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Weights;

namespace AlexNetParallel.Training.Tests.Weights;

/// <summary>Checkpoints of 1, 2 and 4 workers hold the same: merge(split(x)) = x, byte for byte.</summary>
public sealed class SplitMergeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("quickstart-four-pairs", 1, 2, "paper")]
    [InlineData("quickstart-four-pairs", 1, 4, "paper")]
    [InlineData("quickstart-four-pairs", 2, 4, "paper")]
    [InlineData("quickstart-four-pairs", 4, 2, "paper")]
    [InlineData("quickstart-four-three", 4, 1, "paper")]
    [InlineData("quickstart", 2, 4, "hybrid")]
    [InlineData("quickstart", 1, 2, "source")]
    public void MergeOfSplitIsTheSame(string name, int workers, int others, string partition)
    {
        var network = NetworkFile.Load(name);
        var (plan, other) = (Compile(network, "paper", workers), Compile(network, partition, others));
        var first = Path.Combine(folder, "x");
        Directory.CreateDirectory(first);
        var files = plan.Programs.Select(p => Checkpoint.WriteWorker(first, plan, p.Rank, Fill)).ToList();
        new CheckpointInfo { Step = 7, Tick = 8, Epoch = 1, Network = name, Dialect = "", WeightsSha256 = "abc", Files = files }.Write(first);

        Convert(first, other, "split");
        Convert(Path.Combine(folder, "split"), plan, "merged");

        Assert.Equal(others, Directory.GetFiles(Path.Combine(folder, "split"), "*.safetensors").Length);
        foreach (var file in Directory.GetFiles(first)) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder, "merged", Path.GetFileName(file))));
        using var a = Checkpoint.Open(first);
        using var b = Checkpoint.Open(Path.Combine(folder, "split"));
        Assert.Null(Checkpoint.FirstDifference(a, b, network));
    }

    private static Plan Compile(Network network, string partition, int workers) => Plan.Compile(network, PartitionFile.Load(partition), workers, 128);

    private void Convert(string from, Plan plan, string to)
    {
        using var source = Checkpoint.Open(from);
        CheckpointConversion.Split(source, plan, Path.Combine(folder, to));
    }

    // Every weight, bias and momentum a number of its own.
    private static void Fill(ParameterSet set, ParameterKind kind, Memory<float> memory)
    {
        var rows = memory.Length / set.Outputs.Count;
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < set.Outputs.Count; i++) memory.Span[row * set.Outputs.Count + i] = set.Layer.Number + (int)kind * 0.125f + (row * set.Layer.Output.Channels + set.Outputs.First + i) * 1e-3f;
    }
}

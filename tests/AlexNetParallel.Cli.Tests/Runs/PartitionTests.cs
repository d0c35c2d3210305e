using System.Text.Json;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>Every partition file, run by real processes over every transport: payload as planned, and the weights that it must come to. Over MPI only where mpirun is installed; <see cref="MpiRunTests"/> names what is missing.</summary>
public sealed class PartitionTests : IDisposable
{
    private const int Steps = 3;

    /// <summary>All but peer, with which the others are compared.</summary>
    private static readonly string[] others = MpiRunTests.HasMpirun ? ["grpc", "relay", "mpi"] : ["grpc", "relay"];

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Partitions whose sums have the order of one worker's: the same bits.</summary>
    [Theory]
    [InlineData("quickstart", "paper", 2)]
    [InlineData("quickstart", "source", 2)]
    [InlineData("quickstart", "single", 2)]
    [InlineData("quickstart-vgg", "pipeline", 2)]
    [InlineData("quickstart-four-pairs", "source", 4)]
    [InlineData("quickstart-four-three", "paper", 4)]
    public async Task Partitions_that_keep_the_order_of_sums_give_the_bits_of_one_worker(string network, string partition, int workers)
    {
        var whole = await TrainAsync(network, partition == "pipeline" ? "single" : partition, 1, 64, "peer");
        // Nothing crosses with `single`: one transport is as good as another.
        foreach (var transport in partition == "single" ? ["peer"] : (string[])["peer", .. others]) Assert.Equal(whole.Weights(), (await TrainAsync(network, partition, workers, 64, transport)).Weights());
    }

    /// <summary>Partitions that sum over images in parts: from run to run and over each transport the same bits.</summary>
    [Theory]
    [InlineData("quickstart-vgg", "data", 4)]
    [InlineData("quickstart", "hybrid", 2)]
    [InlineData("quickstart", "hybrid-turns", 2)]
    [InlineData("quickstart", "hybrid-slices", 2)]
    public async Task Partitions_that_sum_in_parts_repeat_themselves_and_learn_what_one_worker_learns(string network, string partition, int workers)
    {
        var first = await TrainAsync(network, partition, workers, 128, "peer");
        foreach (var transport in others) Assert.Equal(first.Weights(), (await TrainAsync(network, partition, workers, 128, transport)).Weights());
        var whole = await TrainAsync(network, "paper", 1, 128, "peer");
        // The sums over images are cut into parts, so that only rounding differs: three steps of float32.
        foreach (var (expected, got) in Losses(whole).Zip(Losses(first))) Assert.Equal(expected, got, 1e-5 * expected);
    }

    /// <summary>
    /// What crosses is rounded alike by every transport. A half has 11 bits: each value that crosses is wrong by 2^-12 of itself on the average, of either sign, so that a
    /// loss of three steps stays within 1 %; that it is not the whole's shows that something was rounded.
    /// </summary>
    [Theory]
    [InlineData("quickstart", "source-half", 2)]
    public async Task Halves_on_the_wire_give_the_same_bits_over_every_transport_and_nearly_the_losses_of_one_worker(string network, string partition, int workers)
    {
        var first = await TrainAsync(network, partition, workers, 64, "peer");
        foreach (var transport in others) Assert.Equal(first.Weights(), (await TrainAsync(network, partition, workers, 64, transport)).Weights());
        var whole = await TrainAsync(network, "source", 1, 64, "peer");
        Assert.NotEqual(whole.Weights(), first.Weights());
        foreach (var (expected, got) in Losses(whole).Zip(Losses(first))) Assert.Equal(expected, got, 0.01 * expected);
    }

    [Fact]
    public void Every_partition_file_is_run_here()
    {
        var run = GetType().GetMethods().SelectMany(m => m.GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>()).SelectMany(a => a.GetData(null!)).Select(d => (string)d[1]);
        var files = Directory.GetFiles(AlexNetParallel.Testing.Repository.Path("recipes", "partitions"), "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!);
        Assert.Equal(files.Order(), run.Distinct().Order());
    }

    private static IEnumerable<double> Losses(IReadOnlyList<JsonElement> lines) => lines.Where(l => l.Event() == "step").Select(l => l.GetProperty("loss").GetDouble());

    private async Task<IReadOnlyList<JsonElement>> TrainAsync(string network, string partition, int workers, int batch, string transport)
    {
        var recipe = Path.Combine(folder, "short.yaml");
        await File.WriteAllTextAsync(recipe, $"network: {network}\ndata: generated\nsteps: {Steps}\nbatch: {batch}\ntest: {{every_epochs: 0, at_end: false}}\naugmentation: {{divide_by: 64}}\nschedule: {{weight_rate: 0.01, momentum: 0.9, weight_decay: 0.0005}}\n");
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "train", "--recipe", recipe, "--partition", partition, "--workers", $"{workers}", "--transport", transport,
            "--run", $"{partition}-{workers}-{transport}");
        Assert.True(code == 0, error);
        Assert.Equal(transport, lines[0].GetProperty("transport").GetString());
        var plan = Plan.Compile(NetworkFile.Load(network), PartitionFile.Load(partition), workers, batch);
        var counted = lines[^1].GetProperty("exchanges").EnumerateArray()
            .Select(e => (e.GetProperty("layer").GetString()!, e.GetProperty("direction").GetString()!, e.GetProperty("total_bytes").GetInt64()));
        Assert.Equal(plan.Exchanges.Select(e => (e.Layer, e.Direction.ToString().ToLowerInvariant(), e.Bytes * Steps)), counted);
        return lines;
    }
}

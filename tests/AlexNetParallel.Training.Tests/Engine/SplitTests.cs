using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Testing;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Tests.Engine;

/// <summary>Split = whole: the same weights, bit for bit, whatever the number of workers and threads. Workers are threads here; other tests use processes.</summary>
public class SplitTests
{
    private const int Steps = 4;

    /// <summary>Trains a few steps on noise and gives all weights, biases and momenta.</summary>
    internal static Dictionary<string, float[]> Train(string network, string partition, int workers, int batch, int threads = 1, int frozenBelow = 0, Func<int, IDevice>? device = null)
    {
        var plan = Plan.Compile(NetworkFile.Load(network), PartitionFile.Load(partition), workers, batch);
        using var group = new LocalWorkers(plan, device ?? (_ => new CpuDevice(new CpuOptions { Threads = threads })), seed: 7);
        var layout = group.Engines[0].ImageLayout!;
        using var host = new CpuDevice();
        using var images = host.Allocate(layout.Size);
        UpdateRule[] rates = [.. plan.Network.Layers.Select(l => l.Number < frozenBelow
            ? new UpdateRule(0, 0, 0.9f, 0.0005f, batch) : new UpdateRule(0.01f, 0.02f, 0.9f, 0.0005f, batch))];
        for (var step = 1; step <= Steps; step++)
        {
            var floats = new float[layout.Size];
            Blocked.Write(HostTensor.Random(batch, 3, layout.Height, layout.Width, step), layout, layout.Channels, floats);
            images.Write(floats);
            var random = new System.Random(step);
            int[] labels = [.. Enumerable.Range(0, batch).Select(_ => random.Next(plan.Network.Classes))];
            var sums = group.Run(Split.Train, step, images, labels, rates);
            Assert.True(double.IsFinite(sums.Loss));
            if (step == 2) group.Run(Split.Test, step, images, labels, rates);
        }
        foreach (var exchange in plan.Exchanges)
        {
            var ticks = exchange.Direction == Direction.Forward ? Steps + 1 : Steps;
            if (frozenBelow > 0) continue;
            Assert.Equal(exchange.Bytes * ticks, Enumerable.Range(0, workers).Sum(rank => group.Counters(rank, exchange.Id).PayloadBytesSent));
            Assert.Equal(exchange.Bytes * ticks, Enumerable.Range(0, workers).Sum(rank => group.Counters(rank, exchange.Id).PayloadBytesReceived));
        }
        var result = new Dictionary<string, float[]>();
        foreach (var layer in plan.Network.Weighted)
            foreach (var kind in new[] { ParameterKind.Weights, ParameterKind.Biases, ParameterKind.WeightMomentum, ParameterKind.BiasMomentum })
                result.Add($"{layer.Name} {kind}", WholeParameters.Export(group, layer, kind));
        return result;
    }

    internal static void AssertSame(Dictionary<string, float[]> expected, Dictionary<string, float[]> got)
    {
        foreach (var (name, values) in expected) Closeness.Same(values, got[name], name);
    }

    [Theory]
    [InlineData("quickstart", "paper", 2, 64)]
    [InlineData("quickstart", "paper", 2, 37)]
    [InlineData("quickstart", "source", 2, 64)]
    [InlineData("cifar10-two-tower", "paper", 2, 32)]
    [InlineData("quickstart-four-pairs", "paper", 2, 64)]
    [InlineData("quickstart-four-pairs", "paper", 4, 64)]
    [InlineData("quickstart-four-three", "paper", 2, 64)]
    [InlineData("quickstart-four-three", "paper", 4, 64)]
    [InlineData("quickstart", "pipeline", 2, 100)]
    [InlineData("quickstart-vgg", "pipeline", 2, 70)]
    public void Workers_by_towers_give_the_bits_of_one_worker(string network, string partition, int workers, int batch) =>
        AssertSame(Train(network, "paper", 1, batch), Train(network, partition, workers, batch));

    [Theory]
    [InlineData("quickstart-vgg", "hybrid-turns", 2, 70)]
    [InlineData("quickstart", "hybrid-slices", 2, 128)]
    [InlineData("quickstart", "hybrid-slices", 4, 160)]
    public void Micro_batches_give_the_bits_of_the_whole_batch_at_once(string network, string partition, int workers, int batch) =>
        AssertSame(Train(network, "hybrid", workers, batch), Train(network, partition, workers, batch));

    [Fact]
    public void Two_threads_give_the_bits_of_one() =>
        AssertSame(Train("quickstart", "paper", 1, 70), Train("quickstart", "paper", 1, 70, threads: 2));

    [Fact]
    public void A_frozen_bottom_splits_too_and_stays_as_it_was()
    {
        var whole = Train("quickstart", "paper", 1, 32, frozenBelow: 1);
        AssertSame(whole, Train("quickstart", "paper", 2, 32, frozenBelow: 1));
        Assert.All(whole.Where(p => p.Key.StartsWith("conv1 ", StringComparison.Ordinal) && p.Key.EndsWith("Momentum", StringComparison.Ordinal)),
            p => Assert.All(p.Value, v => Assert.Equal(0, v)));
    }

    [Theory]
    [InlineData("data", 2, 64)]
    [InlineData("data", 4, 128)]
    [InlineData("hybrid", 2, 64)]
    public void Data_parallelism_repeats_itself_exactly_and_agrees_with_one_worker_within_rounding(string partition, int workers, int batch)
    {
        var first = Train("quickstart", partition, workers, batch);
        AssertSame(first, Train("quickstart", partition, workers, batch));
        var whole = Train("quickstart", "paper", 1, batch);
        // The sum over the images is cut into parts, so only rounding may differ: four steps of float32.
        foreach (var (name, values) in whole) Closeness.Close(values, first[name], 1e-3, name);
    }
}

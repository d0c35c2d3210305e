using AlexNetParallel.Devices.Benchmarks;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Devices.Tests.Cpu;

/// <summary>The bench lists every pass of a step, gives figures that can be, and finds nothing wrong.</summary>
public sealed class LayerBenchTests
{
    [Fact]
    public void Every_pass_of_a_network_is_timed_and_right()
    {
        using var device = new CpuDevice();
        using var bench = new LayerBench(device, batch: 33, seconds: 0, repetitions: 1);
        var network = NetworkFile.Load("quickstart");
        var timings = network.Layers.SelectMany(bench.Measure).ToList();
        foreach (var layer in network.Layers)
        {
            string[] passes = [.. timings.Where(t => t.Layer == layer.Name).Select(t => t.Pass).Where(p => p != "neuron_gradient")];
            string[] expected = layer switch
            {
                ConvolutionLayer when layer.Number == 0 => ["forward", "weight_gradient", "update"],
                ConvolutionLayer => ["forward", "input_gradient", "weight_gradient", "update"],
                FullyConnectedLayer => ["forward", "input_gradient", "weight_gradient"],
                PoolingLayer or NormalizationLayer => ["forward", "input_gradient"],
                DropoutLayer or SoftmaxLayer => ["forward"],
                _ => [],
            };
            Assert.Equal(expected.AsEnumerable(), passes.AsEnumerable());
        }
        foreach (var timing in timings)
        {
            Assert.Equal(0, timing.Wrong);
            Assert.InRange(timing.Seconds, 1e-9, 60);
            Assert.True(timing.FractionOfPeak is null != timing.FractionOfMemory is null, $"{timing.Layer} {timing.Pass} is measured against the peak or against memory");
            if (timing.FractionOfPeak is { } fraction) Assert.InRange(fraction, 1e-6, 1.5);
        }
    }
}

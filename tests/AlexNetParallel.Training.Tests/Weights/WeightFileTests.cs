using AlexNetParallel.Model.Networks;
using AlexNetParallel.Testing;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Weights;

namespace AlexNetParallel.Training.Tests.Weights;

public sealed class WeightFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableTheory]
    [InlineData("tiny_v1.caffemodel")]
    [InlineData("tiny_v2.caffemodel")]
    [InlineData("tiny_v2_double.caffemodel")]
    public void CaffeModelsHoldTheGoldenArrays(string name)
    {
        var path = Repository.RequireShared("data", "caffemodel", name);
        var golden = Repository.RequireShared("data", "golden", "tiny_common");
        var tensors = CaffeModel.Read(path);
        var imported = WeightExchange.Import(tensors, path, WeightNetworks.Tiny, Conventions.Ours);
        foreach (var layer in WeightNetworks.Tiny.Weighted)
        {
            var (w, b) = (Npy.Read(Path.Combine(golden, $"{layer.Name}.w_0.npy")).Values, Npy.Read(Path.Combine(golden, $"{layer.Name}.b_0.npy")).Values);
            Assert.Equal(w, tensors.Single(t => t.Name == $"{layer.Name}.weight").Values);
            Assert.Equal(b, imported[layer.Name].Biases);
            // Out again, and element by element: [kernel, channel within its group, tap] lies at (row of the tower's own inputs, kernel).
            Assert.Equal(w, ForeignLayout.ToForeign(layer, imported[layer.Name].Weights));
            for (var kernel = 0; kernel < layer.Output.Channels; kernel++)
                for (var row = 0; row < layer.FanIn; row++) Assert.Equal(w[kernel * layer.FanIn + row], imported[layer.Name].Weights[row * layer.Output.Channels + kernel]);
        }
        Assert.Equal(2, ForeignLayout.Groups((WeightedLayer)WeightNetworks.Tiny["conv2"]));
        Assert.Equal([24, 8, 5, 5], ForeignLayout.Shape((WeightedLayer)WeightNetworks.Tiny["conv2"]));
    }

    [SkippableFact]
    public void CaffesConventionsAreTurnedIntoOurs()
    {
        var path = Repository.RequireShared("data", "caffemodel", "tiny_v2.caffemodel");
        var tensors = CaffeModel.Read(path);
        var plain = WeightExchange.Import(tensors, path, WeightNetworks.Tiny, Conventions.Ours);
        var turned = WeightExchange.Import(tensors, path, WeightNetworks.Tiny, Conventions.Caffe);
        // Blue, green, red of conv1: input channel c comes from 2 − c. 16 kernels, 121 taps.
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < 121 * 16; i++) Assert.Equal(plain["conv1"].Weights[(2 - c) * 121 * 16 + i], turned["conv1"].Weights[c * 121 * 16 + i]);
        // fc8 stands behind the dropout: its inputs come halved from our test pass, so its weights are twice Caffe's. The others are as they were.
        Assert.Equal(plain["fc8"].Weights.Select(w => 2 * w), turned["fc8"].Weights);
        foreach (var name in (string[])["conv2", "conv3", "fc6", "fc7"]) Assert.Equal(plain[name].Weights, turned[name].Weights);
    }

    [SkippableFact]
    public void WhatDoesNotFitIsTold()
    {
        var path = Repository.RequireShared("data", "caffemodel", "tiny_v2.caffemodel");
        var tensors = CaffeModel.Read(path).ToList();
        Assert.Contains(", which network everything lacks", Fails(WeightNetworks.Everything, tensors), StringComparison.Ordinal);
        Assert.Contains("has no fc8.bias", Fails(WeightNetworks.Tiny, tensors[..^1]), StringComparison.Ordinal);
        var wrong = tensors.Select(t => t.Name == "conv2.weight" ? t with { Shape = [24, 16, 5, 5] } : t).ToList();
        Assert.Contains("conv2.weight [24, 16, 5, 5]; network tiny needs [24, 8, 5, 5]", Fails(WeightNetworks.Tiny, wrong), StringComparison.Ordinal);
        var bytes = File.ReadAllBytes(path);
        var broken = Path.Combine(folder, "broken.caffemodel");
        File.WriteAllBytes(broken, bytes[..(bytes.Length / 2)]);
        Assert.Contains("broken.caffemodel", Assert.Throws<WeightsException>(() => CaffeModel.Read(broken)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(broken, bytes[..1000]);
        Assert.Throws<WeightsException>(() => NpzFile.Read(broken));

        string Fails(Network network, IReadOnlyList<NamedTensor> given) => Assert.Throws<WeightsException>(() => WeightExchange.Import(given, path, network, Conventions.Ours)).Message;
    }

    [Fact]
    public void NpzComesBackAsItWas()
    {
        var run = WeightNetworks.Begin(WeightNetworks.Everything, Path.Combine(folder, "run"));
        using var checkpoint = Checkpoint.Open(run.Checkpoint);
        var tensors = WeightExchange.Export(checkpoint, run.Recipe.Network).ToList();
        var path = Path.Combine(folder, "w.npz");
        NpzFile.Write(path, tensors);
        var read = NpzFile.Read(path);
        Assert.Equal(tensors.Select(t => t.ToString()), read.Select(t => t.ToString()));
        Assert.All(tensors.Zip(read), p => Assert.Equal(p.First.Values, p.Second.Values));
        var again = WeightExchange.Import(read, path, run.Recipe.Network, Conventions.Ours);
        foreach (var layer in run.Recipe.Network.Weighted) Assert.Equal(InitialWeights.Of(layer, 9), again[layer.Name].Weights);
    }

    [Fact]
    public void SomeLayersAreTakenAndTheOthersBeginAnew()
    {
        var run = WeightNetworks.Begin(WeightNetworks.Everything, Path.Combine(folder, "run"));
        using var checkpoint = Checkpoint.Open(run.Checkpoint);
        var network = run.Recipe.Network;
        // What the file has besides, and what it lacks, are no matter.
        List<NamedTensor> tensors = [.. WeightExchange.Export(checkpoint, network).Where(t => !t.Name.StartsWith("conv2", StringComparison.Ordinal)), new NamedTensor("conv9.weight", [1], [1])];
        var taken = WeightExchange.Import(tensors, "a.npz", network, Conventions.Ours, ["conv1", "fc5"], seed: 4);
        foreach (var layer in network.Weighted)
        {
            var isTaken = layer.Name is "conv1" or "fc5";
            Assert.Equal(InitialWeights.Of(layer, isTaken ? 9UL : 4UL), taken[layer.Name].Weights);
            Assert.Equal(isTaken ? -0.1f : layer.InitialBias, taken[layer.Name].Biases[0]);
        }
        Assert.Contains("no layer 'conv7' with weights", Assert.Throws<WeightsException>(() => WeightExchange.Import(tensors, "a.npz", network, Conventions.Ours, ["conv7"])).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void NumPyReadsIt()
    {
        Skip.IfNot(Programs.HasNumPy, Programs.NumPyReason);
        var path = Path.Combine(folder, "w.npz");
        NpzFile.Write(path, [new NamedTensor("conv1.weight", [2, 3, 1, 2], [.. Enumerable.Range(0, 12).Select(i => i + 0.5f)]), new NamedTensor("conv1.bias", [1], [7])]);
        var said = Programs.Run(Programs.Python, "-c", $"import numpy as np; a = np.load('{path}'); w = a['conv1.weight']; print(sorted(a.files), w.dtype, w.shape, w[1, 2, 0, 1], a['conv1.bias'])");
        Assert.Equal("['conv1.bias', 'conv1.weight'] float32 (2, 3, 1, 2) 11.5 [7.]", said.Trim());
    }
}

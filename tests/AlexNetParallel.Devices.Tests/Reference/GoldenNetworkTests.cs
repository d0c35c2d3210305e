using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;

namespace AlexNetParallel.Devices.Tests.Reference;

/// <summary>The loader of the golden networks, held against what the files say about themselves.</summary>
public sealed class GoldenNetworkTests
{
    /// <summary>Activations, gradients and three updates of a whole tiny two-tower AlexNet, in double precision: to the files' rounding.</summary>
    [SkippableTheory]
    [InlineData("tiny_code2012")]
    [InlineData("tiny_paper")]
    public void Reference_trains_the_tiny_network_as_the_files_say(string name)
    {
        var golden = GoldenNetwork.Open(name);
        var network = new ReferenceNetwork(golden);
        for (var step = 1; step <= golden.Steps; step++)
        {
            var (probabilities, loss, imageGradient) = network.Run(golden.Images(step), golden.Labels(step));
            Assert.Equal(golden["loss"].Values[step - 1], loss, 1e-6);
            if (step == 1)
            {
                Closeness.Close(golden["prob"].Tensor(), probabilities, 1e-6, "prob");
                if (golden.Has("dx")) Closeness.Close(golden["dx"].Tensor(), imageGradient, 1e-6, "dx");
                foreach (var act in new[] { "conv1", "norm1", "pool1", "conv2", "norm2", "pool2", "conv3", "conv4", "conv5", "pool5", "fc6", "fc7", "fc8" })
                    Closeness.Close(golden[$"act_{act}"].Tensor(), network.Output(act), 1e-6, act);
                foreach (var layer in golden.Layers)
                {
                    Closeness.Close(Doubles(golden.ExpectedWeights("grad1", layer)), network.Gradients[layer.Name].Weights, 1e-6, $"gradient of {layer.Name}.w");
                    Closeness.Close(Doubles(golden.ExpectedBiases("grad1", layer)), network.Gradients[layer.Name].Biases, 1e-6, $"gradient of {layer.Name}.b");
                }
            }
            network.Update();
        }
        foreach (var layer in golden.Layers)
        {
            Closeness.Close(Doubles(golden.ExpectedWeights("w3", layer)), network.Weights[layer.Name], 1e-6, $"{layer.Name}.w after 3 steps");
            Closeness.Close(Doubles(golden.ExpectedBiases("w3", layer)), network.Biases[layer.Name], 1e-6, $"{layer.Name}.b after 3 steps");
            Closeness.Close(Doubles(golden.ExpectedWeights("v3", layer)), network.WeightMomentum[layer.Name], 1e-5, $"v of {layer.Name}.w after 3 steps");
            Closeness.Close(Doubles(golden.ExpectedBiases("v3", layer)), network.BiasMomentum[layer.Name], 1e-5, $"v of {layer.Name}.b after 3 steps");
        }
    }

    [SkippableTheory]
    [InlineData("full_paper")]
    [InlineData("full_code2012")]
    public void Hashed_numbers_of_the_full_network_are_the_files(string name)
    {
        var golden = GoldenNetwork.Open(name);
        Assert.Equal(golden["labels"].Integers(), golden.Labels(1));
        Closeness.Same(golden["first_x"].Values, [.. golden.Images(1).Values.Take(16).Select(v => (float)v)], "first_x");
        var first = golden["first_weights"].Values;
        for (var i = 0; i < golden.Layers.Count; i++)
        {
            var layer = golden.Layers[i];
            if (layer.Name == "fc6") continue; // as the others, and 150 MB
            var canonical = golden.Weights(layer);
            for (var j = 0; j < 8; j++) Assert.Equal(first[i * 8 + j], canonical[j * layer.Outputs]);
        }
        Assert.Equal(60_965_224, golden.Layers.Sum(l => l.WeightCount + l.Outputs));
    }

    private static double[] Doubles(float[] values) => [.. values.Select(v => (double)v)];
}

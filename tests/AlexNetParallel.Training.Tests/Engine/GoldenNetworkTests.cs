using System.Globalization;
using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Tests.Engine;

/// <summary>
/// The whole two-tower network against numbers computed in double precision by other programs: outputs of every layer, every gradient, three updates; as
/// one worker and as two.
/// </summary>
public class GoldenNetworkTests
{
    // Float32 sums of up to 37,000 terms and three updates on top: what an honest float32 run of another program meets with a margin.
    private const double Tolerance = 1e-4;

    private static Network Describe(GoldenNetwork golden)
    {
        var k = golden.NormalizationK.ToString(CultureInfo.InvariantCulture);
        var alpha = golden.NormalizationAlpha.ToString("G9", CultureInfo.InvariantCulture);
        string Norm(string name) => $"  - {{name: {name}, type: response_normalization, kind: across_maps, size: {golden.NormalizationSize}, k: {k}, alpha: {alpha}, divide_alpha_by_size: false, beta: 0.75}}\n";
        string Conv(int i) => $"  - {{name: {golden.Layers[i].Name}, type: convolution, reads: {(golden.Layers[i].Groups == 1 ? "all" : "tower")}, channels: {golden.Layers[i].Outputs}, "
            + $"size: {golden.Layers[i].KernelSize}, stride: {golden.Layers[i].Stride}, pad: {golden.Layers[i].Pad}, initial_deviation: 0.01, initial_bias: 0, neuron: relu}}\n";
        string Pool(string name) => $"  - {{name: {name}, type: max_pooling, size: 3, stride: 2}}\n";
        string Connected(int i, string neuron) => $"  - {{name: {golden.Layers[i].Name}, type: fully_connected, reads: all, units: {golden.Layers[i].Outputs}, initial_deviation: 0.01, initial_bias: 0{neuron}}}\n";
        var text = $"name: golden\ninput: {{channels: 3, height: {golden.ImageSize}, width: {golden.ImageSize}}}\ntowers: 2\nlayers:\n"
            + Conv(0) + Norm("norm1") + Pool("pool1") + Conv(1) + Norm("norm2") + Pool("pool2") + Conv(2) + Conv(3) + Conv(4) + Pool("pool5")
            + Connected(5, ", neuron: relu") + Connected(6, ", neuron: relu") + Connected(7, "") + "  - {name: softmax, type: softmax}\n";
        return NetworkFile.Parse(text, "golden.yaml");
    }

    private static LocalWorkers Start(GoldenNetwork golden, int workers)
    {
        var plan = Plan.Compile(Describe(golden), PartitionFile.Load("paper"), workers, golden.Batch);
        var group = new LocalWorkers(plan, _ => new CpuDevice(new CpuOptions()), seed: 1, keepGradients: true);
        foreach (var layer in golden.Layers)
        {
            var ours = (WeightedLayer)plan.Network[layer.Name];
            WholeParameters.Import(group, ours, ParameterKind.Weights, golden.Weights(layer));
            WholeParameters.Import(group, ours, ParameterKind.Biases, golden.Biases(layer));
        }
        return group;
    }

    private static LossSums Step(LocalWorkers workers, GoldenNetwork golden, int step, UpdateRule rule)
    {
        var layout = workers.Engines[0].ImageLayout!;
        using var images = workers.Engines[0].Device.Allocate(layout.Size);
        var floats = new float[layout.Size];
        Blocked.Write(golden.Images(step), layout, layout.Channels, floats);
        images.Write(floats);
        return workers.Run(Split.Train, step, images, golden.Labels(step), [.. workers.Engines[0].Plan.Network.Layers.Select(_ => rule)]);
    }

    /// <summary>A layer's output gathered from the workers that computed it.</summary>
    private static HostTensor Activation(LocalWorkers workers, string layer)
    {
        var plan = workers.Engines[0].Plan;
        var number = plan.Network[layer].Number;
        var parts = plan.Pieces[number].Select(piece =>
        {
            var engine = workers.Engines[piece.Holders[0]];
            var tensor = engine.Program.Find(TensorRole.Activation, number)!;
            var floats = new float[tensor.Layout.Size];
            engine.Tensor(tensor.Id).Buffer.Read(floats);
            return Blocked.Read(floats, tensor.Layout, new ChannelSet(piece.Output), plan.Batch);
        }).ToList();
        var whole = new HostTensor(plan.Batch, parts.Sum(p => p.Channels), parts[0].Height, parts[0].Width);
        for (var n = 0; n < plan.Batch; n++)
        {
            var at = 0;
            foreach (var part in parts)
            {
                for (var c = 0; c < part.Channels; c++)
                    for (var y = 0; y < part.Height; y++)
                        for (var x = 0; x < part.Width; x++) whole[n, at + c, y, x] = part[n, c, y, x];
                at += part.Channels;
            }
        }
        return whole;
    }

    private static IEnumerable<string> Outputs => ["conv1", "norm1", "pool1", "conv2", "norm2", "pool2", "conv3", "conv4", "conv5", "pool5", "fc6", "fc7"];

    // The files hold sums before the ReLU; this program keeps what comes after it.
    private static double Rectify(string layer, double value) => layer[0] is 'c' or 'f' ? Math.Max(0, value) : value;

    [SkippableTheory]
    [InlineData("tiny_paper_towers", 1)]
    [InlineData("tiny_paper_towers", 2)]
    [InlineData("tiny_code2012", 1)]
    [InlineData("tiny_code2012", 2)]
    public void A_tiny_network_gives_the_golden_outputs_gradients_and_updates(string name, int workers)
    {
        var golden = GoldenNetwork.Open(name);
        using var group = Start(golden, workers);
        var rule = new UpdateRule(golden.Rate, golden.BiasRate, golden.Momentum, golden.WeightDecay, golden.Batch);
        for (var step = 1; step <= golden.Steps; step++)
        {
            var sums = Step(group, golden, step, rule);
            Closeness.Close([golden["loss"].Values[step - 1]], [sums.Loss / golden.Batch], Tolerance, $"loss of step {step}");
            if (step == 1)
            {
                foreach (var layer in Outputs) Closeness.Close(golden[$"act_{layer}"].Tensor().Map(v => Rectify(layer, v)), Activation(group, layer), 1e-5, layer);
                Closeness.Close(golden["act_fc8"].Tensor(), Activation(group, "fc8"), 1e-5, "fc8");
                Closeness.Close(golden["prob"].Tensor(), Activation(group, "softmax"), 1e-5, "probabilities");
            }
            foreach (var layer in golden.Layers)
            {
                var ours = (WeightedLayer)group.Engines[0].Plan.Network[layer.Name];
                float[] Mean(ParameterKind kind) => [.. WholeParameters.Export(group, ours, kind).Select(v => v / golden.Batch)];
                if (step == 1)
                {
                    Closeness.Close(golden.ExpectedWeights("grad1", layer), Mean(ParameterKind.WeightGradient), Tolerance, $"gradient of {layer.Name}'s weights");
                    Closeness.Close(golden.ExpectedBiases("grad1", layer), Mean(ParameterKind.BiasGradient), Tolerance, $"gradient of {layer.Name}'s biases");
                }
                // The copy in this repository keeps the third update only, to stay small.
                if (!golden.Has($"w{step}_{layer.Name}.w")) continue;
                Closeness.Close(golden.ExpectedWeights($"w{step}", layer), WholeParameters.Export(group, ours, ParameterKind.Weights), Tolerance, $"{layer.Name}'s weights after step {step}");
                Closeness.Close(golden.ExpectedBiases($"w{step}", layer), WholeParameters.Export(group, ours, ParameterKind.Biases), Tolerance, $"{layer.Name}'s biases after step {step}");
                if (step == golden.Steps && !golden.BiasesDecay)
                {
                    Closeness.Close(golden.ExpectedWeights("v3", layer), WholeParameters.Export(group, ours, ParameterKind.WeightMomentum), Tolerance, $"momentum of {layer.Name}'s weights");
                    Closeness.Close(golden.ExpectedBiases("v3", layer), WholeParameters.Export(group, ours, ParameterKind.BiasMomentum), Tolerance, $"momentum of {layer.Name}'s biases");
                }
            }
        }
    }

    [SkippableTheory]
    [InlineData("full_code2012", 2)]
    public void The_full_size_network_gives_the_golden_outputs_and_gradients(string name, int workers)
    {
        var golden = GoldenNetwork.Open(name);
        using var group = Start(golden, workers);
        // A rate so small that it changes nothing lets the backward pass run.
        var sums = Step(group, golden, 1, new UpdateRule(1e-30f, 1e-30f, 0, 0, golden.Batch));
        Closeness.Close([golden["loss"].Values[0]], [sums.Loss / golden.Batch], 1e-5, "loss");
        Closeness.Close(golden["logits"].Tensor(), Activation(group, "fc8"), 1e-5, "fc8");
        foreach (var layer in golden.Layers)
        {
            var ours = (WeightedLayer)group.Engines[0].Plan.Network[layer.Name];
            float[] gradient = [.. WholeParameters.Export(group, ours, ParameterKind.WeightGradient).Select(v => v / golden.Batch)];
            GoldenSample.Close(golden[$"grad_{layer.Name}.w"], GoldenSample.Of(layer, gradient), 1e-2, $"gradient of {layer.Name}'s weights");
        }
        foreach (var layer in Outputs.Where(l => l is "norm1" or "pool1" or "norm2" or "pool2" or "pool5"))
            GoldenSample.Close(golden[$"act_{layer}"], GoldenSample.Of(Activation(group, layer).Values), 1e-5, layer);
    }
}

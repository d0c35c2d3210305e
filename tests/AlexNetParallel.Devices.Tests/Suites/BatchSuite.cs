using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>A layer of each kind on the batch sizes that matter: one image, a full block, several, one less than several, the paper's.</summary>
public abstract class BatchSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    /// <summary>Devices times batches.</summary>
    public static TheoryData<string, int> DevicesAndBatches
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var device in TVariants.Names)
                foreach (var batch in new[] { 1, 32, 96, 127, 128 }) data.Add(device, batch);
            return data;
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndBatches))]
    public void Convolutions_agree_with_double_precision(string variant, int batch)
    {
        using var device = Open(variant);
        var test = ConvolutionCase.Random(new ConvolutionShape(3, 6, 5, 8, 3, 3, 1, 1, 1, 6, 5), batch);
        var (y, dx, dw, db) = test.Reference(Neuron.Relu);
        var got = test.Run(device, Neuron.Relu);
        Closeness.Close(y, got.Y, Tolerance, "y");
        Closeness.Close(dx, got.Dx, Tolerance, "dx");
        Closeness.Close(dw, Array.ConvertAll(got.Dw, v => (double)v), Tolerance, "dw");
        Closeness.Close(db, Array.ConvertAll(got.Db, v => (double)v), Tolerance, "db");
    }

    /// <summary>Whole numbers as inputs of the pooling, so that windows have ties.</summary>
    [SkippableTheory, MemberData(nameof(DevicesAndBatches))]
    public void Pooling_agrees_with_double_precision(string variant, int batch)
    {
        using var device = Open(variant);
        var shape = new PoolingShape(4, 7, 7, 3, 2, 0, 3, 3);
        var x = HostTensor.Random(batch, 4, 7, 7, seed: 1, -3, 4).Map(Math.Floor);
        var dy = HostTensor.Random(batch, 4, 3, 3, seed: 2);
        using var input = DeviceTensor.From(device, x);
        using var output = DeviceTensor.Blank(device, batch, 4, 3, 3);
        using var outputGradient = DeviceTensor.From(device, dy);
        using var inputGradient = DeviceTensor.Blank(device, batch, 4, 7, 7);
        device.PoolingForward(shape, input.View, output.View, Neuron.None, input.Blocks);
        device.PoolingInputGradient(shape, input.View, output.View, outputGradient.View, inputGradient.View, Neuron.None, input.Blocks);
        var y = ReferenceOperations.PoolingForward(shape, x);
        Closeness.Close(y, output.Read(), 0, "y");
        Closeness.Close(ReferenceOperations.PoolingInputGradient(shape, x, y, dy), inputGradient.Read(), 1e-6, "dx");
    }

    [SkippableTheory, MemberData(nameof(DevicesAndBatches))]
    public void Normalisations_agree_with_double_precision(string variant, int batch)
    {
        using var device = Open(variant);
        var x = HostTensor.Random(batch, 4, 5, 3, seed: 1, -4, 4);
        var dy = HostTensor.Random(batch, 4, 5, 3, seed: 2);
        using var input = DeviceTensor.From(device, x);
        using var output = DeviceTensor.Blank(device, batch, 4, 5, 3);
        using var outputGradient = DeviceTensor.From(device, dy);
        using var inputGradient = DeviceTensor.Blank(device, batch, 4, 5, 3);
        foreach (var shape in new[]
        {
            new NormalizationShape(NormalizationKind.AcrossMaps, 4, 5, 3, 5, 2, 1e-2f, 0.75f),
            new NormalizationShape(NormalizationKind.AcrossMaps, 4, 5, 3, 3, 1, 1e-2f, 0.75f),
            new NormalizationShape(NormalizationKind.SameMap, 4, 5, 3, 5, 1, 1e-2f, 0.75f),
        })
        {
            device.NormalizationForward(shape, input.View, output.View, input.Blocks);
            device.NormalizationInputGradient(shape, input.View, outputGradient.View, inputGradient.View, input.Blocks);
            Closeness.Close(ReferenceOperations.NormalizationForward(shape, x), output.Read(), 2e-6, $"{shape} y");
            Closeness.Close(ReferenceOperations.NormalizationInputGradient(shape, x, dy), inputGradient.Read(), 4e-6, $"{shape} dx");
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndBatches))]
    public void Neurons_dropout_and_sums_agree_with_double_precision(string variant, int batch)
    {
        using var device = Open(variant);
        HostTensor x = HostTensor.Random(batch, 6, 3, 2, seed: 1), dy = HostTensor.Random(batch, 6, 3, 2, seed: 2);
        using var input = DeviceTensor.From(device, x);
        using var other = DeviceTensor.From(device, dy);
        using var output = DeviceTensor.Blank(device, batch, 6, 3, 2);
        device.Sum(output.View, [input.View, other.View], input.Blocks);
        Closeness.Close(ReferenceOperations.Sum(x, dy), output.Read(), 1e-6, "sum");
        var dropout = new DropoutShape(3, 6, 0, 6, 0.5f);
        foreach (var training in new[] { true, false })
        {
            device.Dropout(dropout, input.View, output.View, 42, 7, training, input.Blocks);
            Closeness.Close(ReferenceOperations.Dropout(dropout, x, 42, 7, training), output.Read(), 0, training ? "dropout" : "dropout at test");
        }
        foreach (var neuron in new[] { Neuron.Relu, Neuron.Tanh })
        {
            var y = ReferenceOperations.NeuronForward(neuron, x).Map(v => (float)v);
            using var activations = DeviceTensor.From(device, y);
            using var gradient = DeviceTensor.From(device, dy);
            device.NeuronGradient(neuron, activations.View, gradient.View, input.Blocks);
            Closeness.Close(ReferenceOperations.NeuronGradient(neuron, y, dy), gradient.Read(), 1e-7, $"{neuron} gradient");
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndBatches))]
    public void Fully_connected_layers_and_losses_agree_with_double_precision(string variant, int batch)
    {
        using var device = Open(variant);
        var shape = new FullyConnectedShape(4, 9, 10);
        var x = HostTensor.Random(batch, 4, 3, 3, seed: 1);
        var w = ConvolutionCase.Floats(HostTensor.Random(1, (int)shape.Weights, 1, 1, 2));
        var b = ConvolutionCase.Floats(HostTensor.Random(1, shape.Outputs, 1, 1, 3));
        using var parameters = device.CreateParameters(shape, materializeGradients: true);
        parameters.Import(ParameterKind.Weights, w);
        parameters.Import(ParameterKind.Biases, b);
        using var input = DeviceTensor.From(device, x);
        using var logits = DeviceTensor.Blank(device, batch, 10, 1, 1);
        using var probabilities = DeviceTensor.Blank(device, batch, 10, 1, 1);
        using var gradient = DeviceTensor.Blank(device, batch, 10, 1, 1);
        using var dx = DeviceTensor.Blank(device, batch, 4, 3, 3);
        int[] labels = [.. Enumerable.Range(0, batch).Select(i => i * 7 % 10)];
        device.FullyConnectedForward(shape, input.View, parameters, logits.View, Neuron.None, input.Blocks);
        var sums = device.SoftmaxLogLoss(logits.View, labels, probabilities.View, gradient.View, batch, input.Blocks);
        device.FullyConnectedInputGradient(shape, gradient.View, parameters, dx.View, input.Blocks);
        device.FullyConnectedWeightGradient(shape, input.View, gradient.View, parameters, input.Blocks);
        var dw = new float[shape.Weights];
        parameters.Export(ParameterKind.WeightGradient, dw);
        using var fused = device.CreateParameters(shape, materializeGradients: false);
        fused.Import(ParameterKind.Weights, w);
        fused.Import(ParameterKind.Biases, b);
        var rule = new UpdateRule(WeightRate: 0.01f, BiasRate: 0.02f, Momentum: 0.9f, WeightDecay: 0.0005f, Cases: batch);
        device.FullyConnectedUpdate(shape, input.View, gradient.View, fused, input.Blocks, rule);
        device.Update(parameters, rule);
        var (updated, updatedFused) = (new float[shape.Weights], new float[shape.Weights]);
        parameters.Export(ParameterKind.Weights, updated);
        fused.Export(ParameterKind.Weights, updatedFused);
        Closeness.Same(updated, updatedFused, "weights after a kept and after a fused gradient");

        var w64 = Array.ConvertAll(w, v => (double)v);
        var expected = ReferenceOperations.FullyConnectedForward(shape, x, w64, Array.ConvertAll(b, v => (double)v));
        var (_, dLogits, loss) = ReferenceOperations.SoftmaxLogLoss(expected, labels);
        Closeness.Close(expected, logits.Read(), Tolerance, "logits");
        Closeness.Close(dLogits, gradient.Read(), Tolerance, "gradient of the logits");
        Assert.InRange(sums.Loss, loss.Loss - 1e-5 * batch, loss.Loss + 1e-5 * batch);
        Closeness.Close(ReferenceOperations.FullyConnectedInputGradient(shape, dLogits, w64, 3, 3), dx.Read(), Tolerance, "dx");
        var gradients = ReferenceOperations.FullyConnectedWeightGradient(shape, x, dLogits).Weights;
        Closeness.Close(gradients, Array.ConvertAll(dw, v => (double)v), Tolerance, "dw");
        ReferenceOperations.Update(w64, new double[w64.Length], gradients, rule.WeightRate, rule.Momentum, rule.WeightDecay, batch);
        Closeness.Close(w64, Array.ConvertAll(updated, v => (double)v), Tolerance, "updated weights");
    }
}

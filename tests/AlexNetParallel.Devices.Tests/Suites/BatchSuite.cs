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

    [SkippableTheory, MemberData(nameof(DevicesAndBatches))]
    public void Maps_agree_with_double_precision(string variant, int batch)
    {
        using var device = Open(variant);
        var pooling = new PoolingShape(4, 7, 7, 3, 2, 0, 3, 3);
        var normalization = new NormalizationShape(NormalizationKind.AcrossMaps, 4, 7, 7, 5, 2, 1e-2f, 0.75f);
        var x = HostTensor.Random(batch, 4, 7, 7, seed: 1);
        using var input = DeviceTensor.From(device, x);
        using var pooled = DeviceTensor.Blank(device, batch, 4, 3, 3);
        using var normalized = DeviceTensor.Blank(device, batch, 4, 7, 7);
        device.PoolingForward(pooling, input.View, pooled.View, Neuron.None, input.Blocks);
        device.NormalizationForward(normalization, input.View, normalized.View, input.Blocks);
        Closeness.Close(ReferenceOperations.PoolingForward(pooling, x), pooled.Read(), 0, "pooling");
        Closeness.Close(ReferenceOperations.NormalizationForward(normalization, x), normalized.Read(), Tolerance, "normalisation");
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

        var w64 = Array.ConvertAll(w, v => (double)v);
        var expected = ReferenceOperations.FullyConnectedForward(shape, x, w64, Array.ConvertAll(b, v => (double)v));
        var (_, dLogits, loss) = ReferenceOperations.SoftmaxLogLoss(expected, labels);
        Closeness.Close(expected, logits.Read(), Tolerance, "logits");
        Closeness.Close(dLogits, gradient.Read(), Tolerance, "gradient of the logits");
        Assert.InRange(sums.Loss, loss.Loss - 1e-5 * batch, loss.Loss + 1e-5 * batch);
        Closeness.Close(ReferenceOperations.FullyConnectedInputGradient(shape, dLogits, w64, 3, 3), dx.Read(), Tolerance, "dx");
        Closeness.Close(ReferenceOperations.FullyConnectedWeightGradient(shape, x, dLogits).Weights, Array.ConvertAll(dw, v => (double)v), Tolerance, "dw");
    }
}

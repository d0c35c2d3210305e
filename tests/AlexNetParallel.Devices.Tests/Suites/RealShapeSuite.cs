using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Reference;
using Xunit.Abstractions;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>
/// The layers of the net of 2012 at the sizes that one of its two workers has, against the reference in double precision. Every tolerance is a part of the largest
/// magnitude; the tests print what was measured beside it.
/// </summary>
public abstract class RealShapeSuite<TVariants>(ITestOutputHelper output) where TVariants : IDeviceVariants
{
    private static readonly UpdateRule Rule = new(WeightRate: 0.01f, BiasRate: 0.02f, Momentum: 0.9f, WeightDecay: 0.0005f, Cases: 128);

    [SkippableTheory]
    [InlineData("conv1", 1)]
    [InlineData("conv2", 1)]
    [InlineData("conv3", 32)]
    [InlineData("conv4", 1)]
    [InlineData("conv5", 33)]
    public void Convolutions(string name, int batch)
    {
        using var device = TVariants.OpenPlain();
        var (images, y, dx) = RealShapes.Convolution(name, images: Math.Min(batch, 3));
        var test = new ConvolutionCase(images.Shape, RepeatedBatch.Repeat(images.X, batch), images.W, images.B, RepeatedBatch.Repeat(images.Dy, batch));
        var got = test.Run(device, Neuron.Relu);
        Near(y, got.Y, 4e-6, "y");
        Near(dx, got.Dx, 4e-6, "dx");
        var (dw, db) = RealShapes.WeightGradient(name, images, batch);
        Near(dw, got.Dw, 6e-6, "dw");
        Near(db, got.Db, 4e-6, "db");
    }

    [SkippableTheory]
    [InlineData("fc6", 1)]
    [InlineData("fc6", 128)]
    [InlineData("fc7", 127)]
    [InlineData("fc8", 1)]
    [InlineData("fc8", 32)]
    [InlineData("fc8", 96)]
    [InlineData("fc8", 127)]
    [InlineData("fc8", 128)]
    public void Fully_connected_layers(string name, int batch)
    {
        using var device = TVariants.OpenPlain();
        var layer = RealShapes.HalfOf(name);
        var shape = layer.Shape;
        using var kept = Parameters(device, layer, materializeGradients: true);
        using var fused = Parameters(device, layer, materializeGradients: false);
        using var x = DeviceTensor.From(device, RepeatedBatch.Repeat(layer.X, batch));
        using var dy = DeviceTensor.From(device, RepeatedBatch.Repeat(layer.Dy, batch));
        using var y = DeviceTensor.Blank(device, batch, shape.Outputs, 1, 1);
        using var dx = DeviceTensor.Blank(device, batch, layer.X.Channels, layer.X.Height, layer.X.Width);
        device.FullyConnectedForward(shape, x.View, kept, y.View, Neuron.Relu, x.Blocks);
        device.FullyConnectedInputGradient(shape, dy.View, kept, dx.View, x.Blocks);
        device.FullyConnectedWeightGradient(shape, x.View, dy.View, kept, x.Blocks);
        Near(layer.Y, y.Read(), 1e-5, "y");
        Near(layer.Dx, dx.Read(), 4e-6, "dx");
        var (dw, db) = RealShapes.WeightGradient(name, layer, batch);
        Near(dw, Export(kept, ParameterKind.WeightGradient, shape.Weights), 4e-6, "dw");
        Near(db, Export(kept, ParameterKind.BiasGradient, shape.Outputs), 1e-6, "db");

        device.Update(kept, Rule);
        device.FullyConnectedUpdate(shape, x.View, dy.View, fused, x.Blocks, Rule);
        foreach (var kind in new[] { ParameterKind.Weights, ParameterKind.WeightMomentum })
            Closeness.Same(Export(kept, kind, shape.Weights), Export(fused, kind, shape.Weights), $"{kind} after a kept and after a fused gradient");
    }

    /// <summary>Whole numbers as inputs, so that windows have ties.</summary>
    [SkippableTheory]
    [InlineData("pool1", 33)]
    [InlineData("pool2", 32)]
    [InlineData("pool5", 1)]
    [InlineData("pool5", 96)]
    [InlineData("pool5", 127)]
    [InlineData("pool5", 128)]
    public void Poolings(string name, int batch)
    {
        using var device = TVariants.OpenPlain();
        var layer = RealShapes.Layer<PoolingLayer>(name);
        var shape = layer.Shape(layer.TowerChannels);
        var images = HostTensor.Random(Math.Min(batch, 5), shape.Channels, shape.InputHeight, shape.InputWidth, seed: 1, -3, 4).Map(Math.Floor);
        var gradients = HostTensor.Random(Math.Min(batch, 5), shape.Channels, shape.OutputHeight, shape.OutputWidth, seed: 2);
        using var x = DeviceTensor.From(device, RepeatedBatch.Repeat(images, batch));
        using var y = DeviceTensor.Blank(device, batch, shape.Channels, shape.OutputHeight, shape.OutputWidth);
        using var dy = DeviceTensor.From(device, RepeatedBatch.Repeat(gradients, batch));
        using var dx = DeviceTensor.Blank(device, batch, shape.Channels, shape.InputHeight, shape.InputWidth);
        device.PoolingForward(shape, x.View, y.View, layer.Neuron, x.Blocks);
        device.PoolingInputGradient(shape, x.View, y.View, dy.View, dx.View, layer.Neuron, x.Blocks);
        var expected = ReferenceOperations.PoolingForward(shape, images, layer.Neuron);
        Near(expected, y.Read(), 0, "y");
        Near(ReferenceOperations.PoolingInputGradient(shape, images, expected, gradients, layer.Neuron), dx.Read(), 2e-7, "dx");
    }

    [SkippableTheory]
    [InlineData("rnorm1", 1)]
    [InlineData("rnorm2", 32)]
    [InlineData("cnorm2", 33)]
    public void Normalisations(string name, int batch)
    {
        using var device = TVariants.OpenPlain();
        var layer = RealShapes.Layer<NormalizationLayer>(name);
        var shape = layer.Shape(layer.TowerChannels);
        // Of a magnitude at which the sum of squares counts as much as k.
        var magnitude = MathF.Sqrt(1 / layer.Alpha);
        var images = HostTensor.Random(Math.Min(batch, 3), shape.Channels, shape.Height, shape.Width, seed: 3, -magnitude, magnitude);
        var gradients = HostTensor.Random(Math.Min(batch, 3), shape.Channels, shape.Height, shape.Width, seed: 4);
        using var x = DeviceTensor.From(device, RepeatedBatch.Repeat(images, batch));
        using var y = DeviceTensor.Blank(device, batch, shape.Channels, shape.Height, shape.Width);
        using var dy = DeviceTensor.From(device, RepeatedBatch.Repeat(gradients, batch));
        using var dx = DeviceTensor.Blank(device, batch, shape.Channels, shape.Height, shape.Width);
        device.NormalizationForward(shape, x.View, y.View, x.Blocks);
        device.NormalizationInputGradient(shape, x.View, dy.View, dx.View, x.Blocks);
        Near(ReferenceOperations.NormalizationForward(shape, images), y.Read(), 5e-7, "y");
        Near(ReferenceOperations.NormalizationInputGradient(shape, images, gradients), dx.Read(), 5e-7, "dx");
    }

    /// <summary>What follows the last layer: a thousand classes.</summary>
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    public void Losses(int batch)
    {
        using var device = TVariants.OpenPlain();
        var logits = HostTensor.Random(batch, 1000, 1, 1, seed: 5, -8, 8);
        int[] labels = [.. Enumerable.Range(0, batch).Select(n => n * 7 % 1000)];
        using var scores = DeviceTensor.From(device, logits);
        using var p = DeviceTensor.Blank(device, batch, 1000, 1, 1);
        using var g = DeviceTensor.Blank(device, batch, 1000, 1, 1);
        var got = device.SoftmaxLogLoss(scores.View, labels, p.View, g.View, batch, scores.Blocks);
        var (probabilities, gradient, sums) = ReferenceOperations.SoftmaxLogLoss(logits, labels);
        Near(probabilities, p.Read(), 3e-7, "probabilities");
        Near(gradient, g.Read(), 3e-7, "gradient");
        Near([sums.Loss], [(float)got.Loss], 1e-6, "loss");
        Assert.Equal((sums.Top1Errors, sums.Top5Errors), (got.Top1Errors, got.Top5Errors));
    }

    private static DeviceParameters Parameters(IDevice device, RealShapes.FullyConnected layer, bool materializeGradients)
    {
        var parameters = device.CreateParameters(layer.Shape, materializeGradients);
        parameters.Import(ParameterKind.Weights, layer.W);
        parameters.Import(ParameterKind.Biases, layer.B);
        return parameters;
    }

    private static float[] Export(DeviceParameters parameters, ParameterKind kind, long count)
    {
        var floats = new float[count];
        parameters.Export(kind, floats);
        return floats;
    }

    /// <summary>A batch that repeats the images of <paramref name="expected"/>, or a part of them.</summary>
    private void Near(HostTensor expected, HostTensor got, double tolerance, string what)
    {
        var first = RepeatedBatch.First(expected, got.Cases);
        var images = RepeatedBatch.Images(got, expected.Cases, what);
        output.WriteLine($"{what}: off by {Closeness.Error(first.Values, images.Values):E1}, allowed {tolerance:E1}");
        Closeness.Close(first, images, tolerance, what);
    }

    private void Near(double[] expected, float[] got, double tolerance, string what)
    {
        var values = Array.ConvertAll(got, v => (double)v);
        output.WriteLine($"{what}: off by {Closeness.Error(expected, values):E1}, allowed {tolerance:E1}");
        Closeness.Close(expected, values, tolerance, what);
    }
}

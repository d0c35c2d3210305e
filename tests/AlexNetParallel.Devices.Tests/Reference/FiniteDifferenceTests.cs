using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Reference;
using Xunit.Sdk;

namespace AlexNetParallel.Devices.Tests.Reference;

/// <summary>
/// Gradients against finite differences of the forward pass: L = sum of y · r for random r, (L(x + h) − L(x − h)) / 2h. Near a kink of a ReLU or a change
/// of a window's maximum the slopes on the two sides differ; such points, found by comparing the one-sided differences, are left out, and may not be many.
/// </summary>
public sealed class FiniteDifferenceTests
{
    private const double Step = 1e-5;
    private const double Tolerance = 1e-4; // of the largest gradient
    private const double Kink = 2 * Tolerance; // a smaller jump of the slope shifts the two-sided difference by less than the tolerance

    [Fact]
    public void Convolution()
    {
        foreach (var shape in new[]
        {
            new ConvolutionShape(2, 6, 5, 3, 3, 3, 1, 1, 1, 6, 5),
            new ConvolutionShape(3, 9, 9, 2, 5, 5, 2, 0, 0, 3, 3),
            new ConvolutionShape(1, 8, 8, 2, 5, 5, 4, 0, 0, 2, 2),
        })
        {
            var x = HostTensor.Random(2, shape.InputChannels, shape.InputHeight, shape.InputWidth, seed: 80);
            var w = HostTensor.Random(1, (int)shape.Weights, 1, 1, seed: 81).Values;
            var b = HostTensor.Random(1, shape.Kernels, 1, 1, seed: 82).Values;
            HostTensor Forward() => ReferenceOperations.ConvolutionForward(shape, x, w, b);
            var r = Direction(Forward());
            Check(x.Values, Forward, r, ReferenceOperations.ConvolutionInputGradient(shape, r, w).Values, 0);
            var (dw, db) = ReferenceOperations.ConvolutionWeightGradient(shape, x, r);
            Check(w, Forward, r, dw, 0);
            Check(b, Forward, r, db, 0);
        }
    }

    [Fact]
    public void Fully_connected_with_tanh()
    {
        var shape = new FullyConnectedShape(3, 4, 5);
        var x = HostTensor.Random(3, 3, 2, 2, seed: 83);
        var w = HostTensor.Random(1, 60, 1, 1, seed: 84).Values;
        var b = HostTensor.Random(1, 5, 1, 1, seed: 85).Values;
        HostTensor Forward() => ReferenceOperations.FullyConnectedForward(shape, x, w, b, Neuron.Tanh);
        var r = Direction(Forward());
        var dy = ReferenceOperations.NeuronGradient(Neuron.Tanh, Forward(), r);
        Check(x.Values, Forward, r, ReferenceOperations.FullyConnectedInputGradient(shape, dy, w, 2, 2).Values, 0);
        var (dw, db) = ReferenceOperations.FullyConnectedWeightGradient(shape, x, dy);
        Check(w, Forward, r, dw, 0);
        Check(b, Forward, r, db, 0);
    }

    [Theory]
    [InlineData(NormalizationKind.AcrossMaps, 5, 0.75f)]
    [InlineData(NormalizationKind.AcrossMaps, 3, 0.5f)]
    [InlineData(NormalizationKind.SameMap, 5, 0.75f)]
    public void Response_normalisation(NormalizationKind kind, int size, float beta)
    {
        var shape = new NormalizationShape(kind, 7, 4, 5, size, 1, 0.5f, beta);
        var x = HostTensor.Random(2, 7, 4, 5, seed: 86, -2, 2);
        HostTensor Forward() => ReferenceOperations.NormalizationForward(shape, x);
        var r = Direction(Forward());
        Check(x.Values, Forward, r, ReferenceOperations.NormalizationInputGradient(shape, x, r).Values, 0);
    }

    /// <summary>Values a few steps apart, so that some windows change their maximum within reach.</summary>
    [Theory]
    [InlineData(Neuron.None)]
    [InlineData(Neuron.Relu)]
    public void Max_pooling(Neuron neuron)
    {
        var shape = new PoolingShape(3, 9, 7, 3, 2, 0, 4, 3);
        var x = HostTensor.Random(2, 3, 9, 7, seed: 87, -0.1f, 0.1f);
        HostTensor Forward() => ReferenceOperations.PoolingForward(shape, x, neuron);
        var r = Direction(Forward());
        Check(x.Values, Forward, r, ReferenceOperations.PoolingInputGradient(shape, x, Forward(), r, neuron).Values, 0.05);
    }

    [Fact]
    public void Relu()
    {
        var x = HostTensor.Random(2, 30, 3, 3, seed: 88, -0.01f, 0.01f);
        HostTensor Forward() => ReferenceOperations.NeuronForward(Neuron.Relu, x);
        var r = Direction(Forward());
        Check(x.Values, Forward, r, ReferenceOperations.NeuronGradient(Neuron.Relu, Forward(), r).Values, 0.05);
    }

    [Fact]
    public void Softmax_and_log_loss()
    {
        var x = HostTensor.Random(4, 6, 1, 1, seed: 89, -3, 3);
        int[] labels = [0, 5, 2, 2];
        HostTensor Loss() => new HostTensor(1, 1, 1, 1).Map(_ => ReferenceOperations.SoftmaxLogLoss(x, labels).Sums.Loss);
        Check(x.Values, Loss, Loss().Map(_ => 1), ReferenceOperations.SoftmaxLogLoss(x, labels).Gradient.Values, 0);
    }

    /// <summary>A chain with every kink: conv → ReLU → normalisation → pool → conv.</summary>
    [Fact]
    public void Chain_of_layers()
    {
        var first = new ConvolutionShape(2, 9, 9, 4, 3, 3, 1, 1, 1, 9, 9);
        var norm = new NormalizationShape(NormalizationKind.AcrossMaps, 4, 9, 9, 3, 1, 0.3f, 0.75f);
        var pool = new PoolingShape(4, 9, 9, 3, 2, 0, 4, 4);
        var second = new ConvolutionShape(4, 4, 4, 3, 3, 3, 1, 1, 1, 4, 4);
        var x = HostTensor.Random(1, 2, 9, 9, seed: 90);
        var (w1, b1) = (HostTensor.Random(1, (int)first.Weights, 1, 1, seed: 91).Values, new double[4]);
        var (w2, b2) = (HostTensor.Random(1, (int)second.Weights, 1, 1, seed: 92).Values, new double[3]);
        HostTensor Active() => ReferenceOperations.ConvolutionForward(first, x, w1, b1, Neuron.Relu);
        HostTensor Pooled() => ReferenceOperations.PoolingForward(pool, ReferenceOperations.NormalizationForward(norm, Active()));
        HostTensor Forward() => ReferenceOperations.ConvolutionForward(second, Pooled(), w2, b2);
        var r = Direction(Forward());
        var dPooled = ReferenceOperations.ConvolutionInputGradient(second, r, w2);
        var normalized = ReferenceOperations.NormalizationForward(norm, Active());
        var dNormalized = ReferenceOperations.PoolingInputGradient(pool, normalized, Pooled(), dPooled);
        var dActive = ReferenceOperations.NormalizationInputGradient(norm, Active(), dNormalized);
        var dFirst = ReferenceOperations.NeuronGradient(Neuron.Relu, Active(), dActive);
        Check(x.Values, Forward, r, ReferenceOperations.ConvolutionInputGradient(first, dFirst, w1).Values, 0.1);
        Check(w1, Forward, r, ReferenceOperations.ConvolutionWeightGradient(first, x, dFirst).Weights, 0.1);
    }

    private static HostTensor Direction(HostTensor y) => HostTensor.Random(y.Cases, y.Channels, y.Height, y.Width, seed: 99);

    /// <summary>Compares each element; at most <paramref name="kinks"/> of the points may be left out.</summary>
    private static void Check(double[] values, Func<HostTensor> forward, HostTensor direction, double[] gradient, double kinks)
    {
        var middle = Along(forward(), direction);
        var scale = gradient.Max(Math.Abs);
        var leftOut = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            values[i] = value + Step;
            var above = Along(forward(), direction);
            values[i] = value - Step;
            var below = Along(forward(), direction);
            values[i] = value;
            var (right, left) = ((above - middle) / Step, (middle - below) / Step);
            if (kinks > 0 && Math.Abs(right - left) > Kink * scale)
            {
                leftOut++;
                continue;
            }
            var difference = (above - below) / (2 * Step);
            if (Math.Abs(difference - gradient[i]) > Tolerance * scale)
                throw new XunitException($"element {i} of {values.Length}: gradient {gradient[i]:R}, finite difference {difference:R}, largest {scale:R}");
        }
        Assert.True(leftOut <= kinks * values.Length, $"{leftOut} of {values.Length} points lie near a kink");
    }

    private static double Along(HostTensor y, HostTensor direction) => y.Values.Zip(direction.Values).Sum(pair => pair.First * pair.Second);
}

using System.Collections.Concurrent;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>The layers of the net of 2012 as one of two workers has them, and what the reference makes of a few images: computed once for all devices.</summary>
internal static class RealShapes
{
    private static readonly Network network = NetworkFile.Load("alexnet-2012");
    private static readonly ConcurrentDictionary<string, Lazy<object>> known = [];

    /// <summary>A layer by name.</summary>
    public static T Layer<T>(string name) where T : Layer => network.Layers.OfType<T>().Single(l => l.Name == name);

    /// <summary>A fully connected layer's images, parameters, and results in double precision.</summary>
    public sealed record FullyConnected(FullyConnectedShape Shape, HostTensor X, HostTensor Dy, float[] W, float[] B, HostTensor Y, HostTensor Dx);

    /// <summary>One tower of a convolution with a few images, and its results in double precision.</summary>
    public static (ConvolutionCase Case, HostTensor Y, HostTensor Dx) Convolution(string name, int images) => Once($"{name}, {images}", () =>
    {
        var layer = Layer<ConvolutionLayer>(name);
        var test = ConvolutionCase.Random(layer.Shape(layer.TowerChannels), images);
        var w = Array.ConvertAll(test.W, v => (double)v);
        return (test, ReferenceOperations.ConvolutionForward(test.Shape, test.X, w, Array.ConvertAll(test.B, v => (double)v), Neuron.Relu),
            ReferenceOperations.ConvolutionInputGradient(test.Shape, test.Dy, w));
    });

    /// <summary>Its weight gradient over a batch that repeats the images.</summary>
    public static (double[] Weights, double[] Biases) WeightGradient(string name, ConvolutionCase images, int batch) =>
        Once($"{name}, {batch}, dw", () => ReferenceOperations.ConvolutionWeightGradient(images.Shape, RepeatedBatch.First(images.X, batch), RepeatedBatch.Weighted(images.Dy, batch)));

    /// <summary>One worker's half of a fully connected layer with three images.</summary>
    public static FullyConnected HalfOf(string name) => Once(name, () =>
    {
        const int Images = 3;
        var layer = Layer<FullyConnectedLayer>(name);
        var shape = layer.Shape(layer.Output.Channels / 2);
        var x = HostTensor.Random(Images, shape.InputChannels, layer.Input.Height, layer.Input.Width, 1);
        var dy = HostTensor.Random(Images, shape.Outputs, 1, 1, 2);
        var w = ConvolutionCase.Floats(HostTensor.Random(1, (int)shape.Weights, 1, 1, 3, -0.1f, 0.1f));
        var b = ConvolutionCase.Floats(HostTensor.Random(1, shape.Outputs, 1, 1, 4));
        var w64 = Array.ConvertAll(w, v => (double)v);
        return new FullyConnected(shape, x, dy, w, b, ReferenceOperations.FullyConnectedForward(shape, x, w64, Array.ConvertAll(b, v => (double)v), Neuron.Relu),
            ReferenceOperations.FullyConnectedInputGradient(shape, dy, w64, layer.Input.Height, layer.Input.Width));
    });

    /// <summary>Its weight gradient over a batch that repeats the images.</summary>
    public static (double[] Weights, double[] Biases) WeightGradient(string name, FullyConnected images, int batch) =>
        Once($"{name}, {batch}, dw", () => ReferenceOperations.FullyConnectedWeightGradient(images.Shape, RepeatedBatch.First(images.X, batch), RepeatedBatch.Weighted(images.Dy, batch)));

    private static T Once<T>(string name, Func<T> compute) where T : notnull => (T)known.GetOrAdd(name, _ => new Lazy<object>(() => compute())).Value;
}

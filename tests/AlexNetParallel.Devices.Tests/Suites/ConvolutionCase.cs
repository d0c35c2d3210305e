using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>What a device computed for one convolution: as read from its memory.</summary>
public sealed record ConvolutionResults(HostTensor Y, HostTensor Dx, float[] Dw, float[] Db);

/// <summary>A convolution with its inputs in host memory, and how to run it on a device.</summary>
public sealed class ConvolutionCase
{
    /// <param name="shape">Sizes.</param>
    /// <param name="x">Input.</param>
    /// <param name="w">Weights, canonical.</param>
    /// <param name="b">Biases.</param>
    /// <param name="dy">Gradient of the output.</param>
    public ConvolutionCase(ConvolutionShape shape, HostTensor x, float[] w, float[] b, HostTensor dy) => (Shape, X, W, B, Dy) = (shape, x, w, b, dy);

    /// <summary>Sizes.</summary>
    public ConvolutionShape Shape { get; }

    /// <summary>Input.</summary>
    public HostTensor X { get; }

    /// <summary>Weights in canonical order.</summary>
    public float[] W { get; }

    /// <summary>Biases.</summary>
    public float[] B { get; }

    /// <summary>Gradient of the output.</summary>
    public HostTensor Dy { get; }

    /// <summary>Random inputs, the same for the same shape.</summary>
    public static ConvolutionCase Random(ConvolutionShape shape, int cases)
    {
        var w = HostTensor.Random(1, (int)shape.Weights, 1, 1, 1, -0.5f, 0.5f);
        var b = HostTensor.Random(1, shape.Kernels, 1, 1, 2);
        return new ConvolutionCase(
            shape, HostTensor.Random(cases, shape.InputChannels, shape.InputHeight, shape.InputWidth, 3), Floats(w), Floats(b),
            HostTensor.Random(cases, shape.Kernels, shape.OutputHeight, shape.OutputWidth, 4));
    }

    /// <summary>The results in double precision.</summary>
    public (HostTensor Y, HostTensor Dx, double[] Dw, double[] Db) Reference(Neuron neuron)
    {
        var w = Array.ConvertAll(W, v => (double)v);
        var (dw, db) = ReferenceOperations.ConvolutionWeightGradient(Shape, X, Dy);
        return (ReferenceOperations.ConvolutionForward(Shape, X, w, Array.ConvertAll(B, v => (double)v), neuron),
            ReferenceOperations.ConvolutionInputGradient(Shape, Dy, w), dw, db);
    }

    /// <summary>All three passes on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="neuron">Neuron of the forward pass.</param>
    /// <param name="scattered">Tensors lie with wider borders and foreign channels between their own.</param>
    /// <param name="oneBlockAtATime">A call for each block; else one for all.</param>
    public ConvolutionResults Run(IDevice device, Neuron neuron, bool scattered = false, bool oneBlockAtATime = false)
    {
        using var parameters = device.CreateParameters(Shape);
        parameters.Import(ParameterKind.Weights, W);
        parameters.Import(ParameterKind.Biases, B);
        using var x = DeviceTensor.From(device, X, Place(Shape.InputBorder, scattered));
        using var dy = DeviceTensor.From(device, Dy, Place(Shape.OutputGradientBorder, scattered));
        using var y = DeviceTensor.Blank(device, X.Cases, Shape.Kernels, Shape.OutputHeight, Shape.OutputWidth, Place(Border.None, scattered));
        using var dx = DeviceTensor.Blank(device, X.Cases, Shape.InputChannels, Shape.InputHeight, Shape.InputWidth, Place(Border.None, scattered));
        foreach (var blocks in Cut(x.Blocks, oneBlockAtATime))
        {
            device.ConvolutionForward(Shape, x.View, parameters, y.View, neuron, blocks);
            device.ConvolutionInputGradient(Shape, dy.View, parameters, dx.View, blocks);
            device.ConvolutionWeightGradient(Shape, x.View, dy.View, parameters, blocks, first: blocks.First == 0);
        }
        device.Synchronize();
        var (dw, db) = (new float[Shape.Weights], new float[Shape.Kernels]);
        parameters.Export(ParameterKind.WeightGradient, dw);
        parameters.Export(ParameterKind.BiasGradient, db);
        return new ConvolutionResults(y.Read(), dx.Read(), dw, db);
    }

    /// <summary>The values as floats; they are exact.</summary>
    internal static float[] Floats(HostTensor tensor) => Array.ConvertAll(tensor.Values, v => (float)v);

    /// <summary>One run of blocks, or a run for each.</summary>
    internal static IEnumerable<BlockRange> Cut(BlockRange blocks, bool oneBlockAtATime) =>
        oneBlockAtATime ? Enumerable.Range(blocks.First, blocks.Count).Select(b => new BlockRange(b, 1)) : [blocks];

    private static Placement Place(Border border, bool scattered) => scattered
        ? new Placement(new Border(Math.Max(0, border.Top) + 1, Math.Max(0, border.Left) + 2, border.Bottom + 3, border.Right + 1), 3)
        : new Placement(new Border(Math.Max(0, border.Top), Math.Max(0, border.Left), border.Bottom, border.Right));
}

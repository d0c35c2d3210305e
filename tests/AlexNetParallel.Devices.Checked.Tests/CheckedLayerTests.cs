using AlexNetParallel.Devices.Tests.Suites;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Checked.Tests;

/// <summary>Every variant of the layers with weights in the checked mode, at small odd sizes, with gaps and borders round the tensors: the numbers against double precision too.</summary>
public sealed class CheckedLayerTests
{
    private const double Tolerance = 1e-5;

    private static readonly ConvolutionShape[] shapes =
    [
        new(3, 9, 9, 8, 5, 5, 4, 0, 0, 2, 2),
        new(5, 4, 3, 20, 3, 3, 1, 1, 1, 4, 3),
        new(2, 5, 4, 7, 2, 3, 2, 1, 0, 3, 2),
        new(9, 2, 2, 132, 1, 1, 1, 0, 0, 2, 2),
    ];

    /// <summary>Forced kernels times shapes.</summary>
    public static TheoryData<string, int> ForcedAndShapes
    {
        get
        {
            string[] forced = ["", "conv_taps_128x128,conv_weight_gradient_128x128", "conv_taps_48x128,conv_weight_gradient_128x48", "conv_taps_32x128,conv_weight_gradient_128x32", "conv_taps_any,conv_weight_gradient_128x64"];
            var data = new TheoryData<string, int>();
            foreach (var names in forced)
                for (var shape = 0; shape < shapes.Length; shape++) data.Add(names, shape);
            return data;
        }
    }

    [SkippableTheory, MemberData(nameof(ForcedAndShapes))]
    public void Convolutions(string forced, int shape)
    {
        Skip.If(TestedCuda.Driver == Devices.Cuda.CudaDriverKind.Real, "the checks are the software device's; this machine has a GPU");
        using var device = TestedCuda.Open(forced: forced);
        var test = ConvolutionCase.Random(shapes[shape], cases: 33);
        var (y, dx, dw, _) = test.Reference(Neuron.Relu);
        var got = test.Run(device, Neuron.Relu, scattered: true);
        Closeness.Close(y, got.Y, Tolerance, "y");
        Closeness.Close(dx, got.Dx, Tolerance, "dx");
        Closeness.Close(dw, Array.ConvertAll(got.Dw, v => (double)v), Tolerance, "dw");
    }

    [SkippableTheory]
    [InlineData("", 5, 37)]
    [InlineData("", 70, 132)]
    [InlineData("sgemm_tn_any,sgemm_nn_any", 70, 132)]
    public void Fully_connected(string forced, int inputs, int outputs)
    {
        Skip.If(TestedCuda.Driver == Devices.Cuda.CudaDriverKind.Real, "the checks are the software device's; this machine has a GPU");
        using var device = TestedCuda.Open(forced: forced);
        var shape = new FullyConnectedShape(inputs, 1, outputs);
        using var x = DeviceTensor.From(device, HostTensor.Random(33, inputs, 1, 1, seed: 1), Placement.Scattered);
        using var y = DeviceTensor.From(device, HostTensor.Random(33, outputs, 1, 1, seed: 2), Placement.Scattered);
        using var dx = DeviceTensor.Blank(device, 33, inputs, 1, 1, Placement.Scattered);
        using var fused = device.CreateParameters(shape, materializeGradients: false);
        using var kept = device.CreateParameters(shape, materializeGradients: true);
        var rule = new UpdateRule(0.01f, 0.02f, 0.9f, 0.0005f, 33);
        device.FullyConnectedInputGradient(shape, y.View, fused, dx.View, x.Blocks);
        device.FullyConnectedWeightGradient(shape, x.View, y.View, kept, x.Blocks);
        device.Update(kept, rule);
        device.FullyConnectedUpdate(shape, x.View, y.View, fused, x.Blocks, rule);
        device.FullyConnectedForward(shape, x.View, fused, y.View, Neuron.Tanh, x.Blocks);
        device.Synchronize();
        var (a, b) = (new float[shape.Weights], new float[shape.Weights]);
        kept.Export(ParameterKind.Weights, a);
        fused.Export(ParameterKind.Weights, b);
        Closeness.Same(a, b, "weights after a kept and after a fused gradient");
    }
}

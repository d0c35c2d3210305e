using AlexNetParallel.Devices.Tests.Suites;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Cuda;

/// <summary>The layers of the net of 2012 at their real sizes, one tower, one image: against the reference in double precision.</summary>
public sealed class RealShapeTests
{
    /// <summary>As everywhere (tests/golden/README.md): sums of up to 9,216 terms in float32.</summary>
    private const double Tolerance = 1e-5;

    [SkippableTheory]
    [InlineData("conv1")]
    [InlineData("conv2")]
    [InlineData("conv3")]
    [InlineData("conv4")]
    [InlineData("conv5")]
    public void Convolutions_agree_with_double_precision(string name)
    {
        using var device = TestedCuda.Open();
        var layer = NetworkFile.Load("alexnet-2012").Layers.OfType<ConvolutionLayer>().Single(l => l.Name == name);
        var test = ConvolutionCase.Random(layer.Shape(layer.TowerChannels), cases: 1);
        var (y, dx, dw, db) = test.Reference(Neuron.Relu);
        var got = test.Run(device, Neuron.Relu);
        Closeness.Close(y, got.Y, Tolerance, "y");
        Closeness.Close(dx, got.Dx, Tolerance, "dx");
        Closeness.Close(dw, Array.ConvertAll(got.Dw, v => (double)v), Tolerance, "dw");
        Closeness.Close(db, Array.ConvertAll(got.Db, v => (double)v), Tolerance, "db");
    }
}

using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Max pooling, forward and backward.</summary>
public abstract class PoolingSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    /// <summary>AlexNet's windows on its odd sizes, even sizes with overhang and without, other windows, gaps between windows, padding, one pixel.</summary>
    private static readonly PoolingShape[] Shapes =
    [
        new(3, 13, 13, 3, 2, 0, 6, 6),
        new(2, 8, 10, 3, 2, 0, 4, 5),
        new(2, 8, 10, 3, 2, 0, 3, 4),
        new(2, 5, 7, 2, 2, 0, 3, 4),
        new(2, 7, 6, 3, 1, 0, 5, 4),
        new(2, 7, 9, 2, 3, 0, 3, 3),
        new(3, 6, 7, 3, 2, 1, 4, 4),
        new(2, 9, 9, 5, 3, 2, 4, 4),
        new(4, 3, 3, 3, 2, 0, 1, 1),
        new(5, 1, 1, 1, 1, 0, 1, 1),
        new(2, 2, 4, 3, 2, 0, 1, 2),
    ];

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Forward_gives_the_maximum_of_each_window(string name)
    {
        foreach (var (shape, neuron, batch) in Cases())
        {
            var x = Input(shape, batch);
            var got = SameBits(name, $"{shape} {neuron}", (device, placement, single) => Forward(device, shape, x, neuron, placement, single));
            Closeness.Close(ReferenceOperations.PoolingForward(shape, x, neuron), got, 0, $"{shape} {neuron}");
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Input_gradient_goes_to_the_maxima_of_each_window(string name)
    {
        foreach (var (plain, neuron, batch) in Cases())
        {
            foreach (var shape in new[] { plain, plain with { FirstTieOnly = true } })
            {
                var x = Input(shape, batch);
                var y = ReferenceOperations.PoolingForward(shape, x, neuron);
                var dy = HostTensor.Random(batch, shape.Channels, shape.OutputHeight, shape.OutputWidth, seed: 2);
                var got = SameBits(name, $"{shape} {neuron}", (device, placement, single) => InputGradient(device, shape, x, y, dy, neuron, placement, single));
                Closeness.Close(ReferenceOperations.PoolingInputGradient(shape, x, y, dy, neuron), got, 1e-6, $"{shape} {neuron}");
            }
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_cases_are_met(string name)
    {
        using var device = Open(name);
        foreach (var golden in GoldenCase.Names("maxpool2d").Select(GoldenCase.Open))
        {
            var x = golden["x"].Tensor();
            var y = golden["y"].Tensor();
            var dy = golden["dy"].Tensor();
            var shape = new PoolingShape(x.Channels, x.Height, x.Width, golden.Integer("kernel"), golden.Integer("stride"), golden.Integer("pad"), y.Height, y.Width);
            Closeness.Close(y, Forward(device, shape, x, Neuron.None, Placement.Plain, false), 0, $"{golden} y");
            var first = InputGradient(device, shape with { FirstTieOnly = true }, x, y, dy, Neuron.None, Placement.Plain, false);
            Closeness.Close(golden["dx_first"].Tensor(), first, Tolerance, $"{golden} dx_first");
            var all = InputGradient(device, shape, x, y, dy, Neuron.None, Placement.Plain, false);
            Closeness.Close(golden[golden.Has("dx_all_ties") ? "dx_all_ties" : "dx_first"].Tensor(), all, Tolerance, $"{golden} dx");
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void A_window_that_covers_no_pixel_is_refused(string name)
    {
        using var device = Open(name);
        var shape = new PoolingShape(2, 6, 6, 3, 2, 0, 4, 3);
        using var x = DeviceTensor.Blank(device, 4, 2, 6, 6);
        using var y = DeviceTensor.Blank(device, 4, 2, 4, 3);
        var error = Assert.Throws<ArgumentException>(() => device.PoolingForward(shape, x.View, y.View, Neuron.None, x.Blocks));
        Assert.Contains("every window must cover a pixel", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => device.PoolingForward(shape with { OutputHeight = 2 }, x.View, y.View, Neuron.None, x.Blocks));
        Assert.Throws<ArgumentException>(() => device.PoolingForward(shape with { OutputHeight = 2 }, x.View, y.View, Neuron.Tanh, x.Blocks));
    }

    private static IEnumerable<(PoolingShape Shape, Neuron Neuron, int Batch)> Cases() =>
        Shapes.SelectMany((shape, i) => new[] { (shape, Neuron.None, Batches[i % Batches.Length]), (shape, Neuron.Relu, Batches[(i + 1) % Batches.Length]) });

    /// <summary>Small whole numbers: many ties, zeros among them.</summary>
    private static HostTensor Input(PoolingShape shape, int batch) =>
        HostTensor.Random(batch, shape.Channels, shape.InputHeight, shape.InputWidth, seed: 1, -3, 4).Map(Math.Floor);

    private static HostTensor Forward(IDevice device, PoolingShape shape, HostTensor x, Neuron neuron, Placement placement, bool single)
    {
        using var input = DeviceTensor.From(device, x, placement);
        using var output = DeviceTensor.Blank(device, x.Cases, shape.Channels, shape.OutputHeight, shape.OutputWidth, placement);
        InRuns(input.Blocks, single, blocks => device.PoolingForward(shape, input.View, output.View, neuron, blocks));
        return output.Read();
    }

    private static HostTensor InputGradient(
        IDevice device, PoolingShape shape, HostTensor x, HostTensor y, HostTensor dy, Neuron neuron, Placement placement, bool single)
    {
        using var input = DeviceTensor.From(device, x, placement);
        using var output = DeviceTensor.From(device, y, placement);
        using var outputGradient = DeviceTensor.From(device, dy, placement);
        using var inputGradient = DeviceTensor.Blank(device, x.Cases, x.Channels, x.Height, x.Width, placement);
        InRuns(input.Blocks, single, blocks => device.PoolingInputGradient(shape, input.View, output.View, outputGradient.View, inputGradient.View, neuron, blocks));
        return inputGradient.Read();
    }
}

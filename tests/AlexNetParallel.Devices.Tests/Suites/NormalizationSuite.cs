using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Response normalisation across maps and within a map, forward and backward.</summary>
public abstract class NormalizationSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    private static readonly NormalizationShape[] Shapes =
    [
        new(NormalizationKind.AcrossMaps, 12, 3, 5, 5, 2, 2e-5f, 0.75f),
        new(NormalizationKind.AcrossMaps, 8, 2, 37, 5, 2, 0.5f, 0.75f),
        new(NormalizationKind.AcrossMaps, 3, 4, 3, 5, 1, 0.1f, 0.75f),
        new(NormalizationKind.AcrossMaps, 1, 2, 2, 5, 2, 1, 0.75f),
        new(NormalizationKind.AcrossMaps, 9, 2, 17, 3, 1, 0.3f, 0.75f),
        new(NormalizationKind.AcrossMaps, 7, 3, 2, 7, 2, 0.3f, 0.5f),
        new(NormalizationKind.AcrossMaps, 4, 2, 3, 1, 1, 1, 1.25f),
        new(NormalizationKind.SameMap, 3, 7, 6, 5, 1, 4e-5f, 0.75f),
        new(NormalizationKind.SameMap, 2, 9, 5, 5, 1, 0.7f, 0.75f),
        new(NormalizationKind.SameMap, 2, 2, 3, 5, 2, 0.7f, 0.75f),
        new(NormalizationKind.SameMap, 2, 5, 4, 3, 1, 0.5f, 0.6f),
        new(NormalizationKind.SameMap, 2, 1, 1, 7, 1, 1, 0.75f),
    ];

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Forward_follows_the_formula(string name)
    {
        foreach (var (shape, batch) in Cases())
        {
            var x = HostTensor.Random(batch, shape.Channels, shape.Height, shape.Width, seed: 3, -4, 4);
            var got = SameBits(name, shape.ToString(), (device, placement, single) => Forward(device, shape, x, placement, single));
            Closeness.Close(ReferenceOperations.NormalizationForward(shape, x), got, 2e-6, shape.ToString());
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Input_gradient_follows_the_formula(string name)
    {
        foreach (var (shape, batch) in Cases())
        {
            var x = HostTensor.Random(batch, shape.Channels, shape.Height, shape.Width, seed: 3, -4, 4);
            var dy = HostTensor.Random(batch, shape.Channels, shape.Height, shape.Width, seed: 4);
            var got = SameBits(name, shape.ToString(), (device, placement, single) => InputGradient(device, shape, x, dy, placement, single));
            Closeness.Close(ReferenceOperations.NormalizationInputGradient(shape, x, dy), got, 4e-6, shape.ToString());
        }
    }

    /// <summary>Each element of y to a few units in the last place, from sums of squares near 0 to 10¹².</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Powers_are_right_to_float_precision_over_all_magnitudes(string name)
    {
        using var device = Open(name);
        var shape = new NormalizationShape(NormalizationKind.AcrossMaps, 6, 4, 8, 5, 1e-3f, 1, 0.75f);
        foreach (var magnitude in new[] { 1e-3f, 1, 1e3f, 1e6f })
        {
            var x = HostTensor.Random(40, shape.Channels, shape.Height, shape.Width, seed: 5, magnitude / 2, magnitude);
            var expected = ReferenceOperations.NormalizationForward(shape, x);
            var got = Forward(device, shape, x, Placement.Plain, false);
            for (var i = 0; i < expected.Values.Length; i++)
                Assert.InRange(got.Values[i] / expected.Values[i], 1 - 8e-7, 1 + 8e-7);
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_cases_are_met(string name)
    {
        using var device = Open(name);
        foreach (var golden in GoldenCase.Names("lrn_across_channels").Select(GoldenCase.Open))
        {
            var (x, dy) = (golden["x"].Tensor(), golden["dy"].Tensor());
            var towers = golden.Integer("towers");
            var channels = x.Channels / towers;
            var shape = new NormalizationShape(NormalizationKind.AcrossMaps, channels, x.Height, x.Width, golden.Integer("n"),
                (float)golden.Number("k"), (float)golden.Number("alpha"), (float)golden.Number("beta"));
            var y = Enumerable.Range(0, towers).Select(t => Forward(device, shape, x.Slice(t * channels, channels), Placement.Plain, false));
            Closeness.Close(golden["y"].Tensor(), HostTensor.Concatenate([.. y]), Tolerance, $"{golden} y");
            var dx = Enumerable.Range(0, towers).Select(t =>
                InputGradient(device, shape, x.Slice(t * channels, channels), dy.Slice(t * channels, channels), Placement.Plain, false));
            Closeness.Close(golden["dx"].Tensor(), HostTensor.Concatenate([.. dx]), Tolerance, $"{golden} dx");
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void An_even_window_is_refused(string name)
    {
        using var device = Open(name);
        using var x = DeviceTensor.Blank(device, 4, 8, 2, 2);
        Assert.Throws<ArgumentException>(() =>
            device.NormalizationForward(new NormalizationShape(NormalizationKind.AcrossMaps, 8, 2, 2, 4, 2, 1e-4f, 0.75f), x.View, x.View, x.Blocks));
    }

    private static IEnumerable<(NormalizationShape Shape, int Batch)> Cases() => Shapes.Select((shape, i) => (shape, Batches[i % Batches.Length]));

    private static HostTensor Forward(IDevice device, NormalizationShape shape, HostTensor x, Placement placement, bool single)
    {
        using var input = DeviceTensor.From(device, x, placement);
        using var output = DeviceTensor.Blank(device, x.Cases, x.Channels, x.Height, x.Width, placement);
        InRuns(input.Blocks, single, blocks => device.NormalizationForward(shape, input.View, output.View, blocks));
        return output.Read();
    }

    private static HostTensor InputGradient(IDevice device, NormalizationShape shape, HostTensor x, HostTensor dy, Placement placement, bool single)
    {
        using var input = DeviceTensor.From(device, x, placement);
        using var outputGradient = DeviceTensor.From(device, dy, placement);
        using var inputGradient = DeviceTensor.Blank(device, x.Cases, x.Channels, x.Height, x.Width, placement);
        InRuns(input.Blocks, single, blocks => device.NormalizationInputGradient(shape, input.View, outputGradient.View, inputGradient.View, blocks));
        return inputGradient.Read();
    }
}

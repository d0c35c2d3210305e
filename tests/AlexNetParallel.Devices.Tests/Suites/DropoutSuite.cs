using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Dropout: the paper's form, with masks that depend on global numbers only.</summary>
public abstract class DropoutSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0;

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Mask_is_the_one_that_the_formula_gives(string name)
    {
        foreach (var (shape, batch, step) in new[]
        {
            (new DropoutShape(14, 70, 0, 1, 0.5f), 96, 1L),
            (new DropoutShape(14, 33, 2048, 1, 0.5f), 33, 5_000_000_000L),
            (new DropoutShape(3, 5, 7, 12, 0.8f), 70, 17L),
            (new DropoutShape(0, 4, 0, 12, 1f), 32, 0L),
            (new DropoutShape(0, 4, 0, 12, 0f), 1, 0L),
        })
        {
            var (height, width) = shape.Pixels == 1 ? (1, 1) : (3, 4);
            var x = HostTensor.Random(batch, shape.Channels, height, width, seed: 40, 1, 2);
            var got = SameBits(name, shape.ToString(), (device, placement, single) => Dropout(device, shape, x, step, true, placement, single));
            Closeness.Close(ReferenceOperations.Dropout(shape, x, Seed, step, true), got, 0, shape.ToString());
        }
    }

    /// <summary>Half of the channels, and the last block alone, get what they get in the whole.</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Mask_does_not_depend_on_how_channels_and_cases_are_split(string name)
    {
        using var device = Open(name);
        var whole = new DropoutShape(6, 24, 0, 4, 0.5f);
        var x = HostTensor.Random(96, 24, 2, 2, seed: 41, 1, 2);
        var expected = Dropout(device, whole, x, 3, true, Placement.Plain, false);
        var half = whole with { Channels = 12, FirstChannel = 12 };
        Closeness.Close(expected.Slice(12, 12), Dropout(device, half, x.Slice(12, 12), 3, true, Placement.Plain, false), 0, "half of the channels");

        var last = new BlockRange(2, 1);
        using var input = DeviceTensor.From(device, x, blocks: last);
        device.Dropout(whole, input.View, input.View, Seed, 3, true, last);
        var got = input.Read();
        for (var n = 0; n < 32; n++)
            for (var c = 0; c < 24; c++)
                Assert.Equal(expected[64 + n, c, 1, 0], got[n, c, 1, 0]);
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void About_the_right_share_is_kept_and_steps_layers_and_seeds_differ(string name)
    {
        using var device = Open(name);
        var shape = new DropoutShape(2, 512, 0, 1, 0.5f);
        var ones = new HostTensor(128, 512, 1, 1).Map(_ => 1);
        var first = Dropout(device, shape, ones, 1, true, Placement.Plain, false);
        Assert.InRange(first.Values.Average(), 0.49, 0.51);
        Assert.InRange(Agreement(first, Dropout(device, shape, ones, 2, true, Placement.Plain, false)), 0.49, 0.51);
        Assert.InRange(Agreement(first, Dropout(device, shape with { Layer = 3 }, ones, 1, true, Placement.Plain, false)), 0.49, 0.51);
        Assert.InRange(Dropout(device, shape with { Keep = 0.8f }, ones, 1, true, Placement.Plain, false).Values.Average(), 0.79, 0.81);
        for (var n = 0; n < 128; n++) Assert.InRange(Enumerable.Range(0, 512).Average(c => first[n, c, 0, 0]), 0.38, 0.62);

        static double Agreement(HostTensor a, HostTensor b) => a.Values.Zip(b.Values).Average(pair => pair.First == pair.Second ? 1.0 : 0);
    }

    /// <summary>Training does not rescale; at test outputs are multiplied by the share kept (paper, section 4.2).</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_test_form_and_unscaled_training_are_met(string name)
    {
        using var device = Open(name);
        var golden = GoldenCase.Open("dropout");
        var x = golden["x"].Tensor();
        var shape = new DropoutShape(1, x.Channels, 0, 1, 0.5f);
        Closeness.Close(golden["y_test"].Tensor(), Dropout(device, shape, x, 1, false, Placement.Plain, false), Tolerance, "y_test");
        var trained = Dropout(device, shape, x, 1, true, Placement.Plain, false);
        for (var i = 0; i < x.Values.Length; i++) Assert.True(trained.Values[i] == 0 || trained.Values[i] == x.Values[i]);
        // With the file's mask in place of ours, x · mask is what the file expects.
        var masked = x.Empty();
        for (var i = 0; i < x.Values.Length; i++) masked.Values[i] = x.Values[i] * golden["mask"].Values[i];
        Closeness.Close(golden["y_train"].Tensor(), masked, 0, "y_train");
    }

    private static HostTensor Dropout(IDevice device, DropoutShape shape, HostTensor x, long step, bool training, Placement placement, bool single)
    {
        using var input = DeviceTensor.From(device, x, placement);
        using var output = DeviceTensor.Blank(device, x.Cases, x.Channels, x.Height, x.Width, placement);
        InRuns(input.Blocks, single, blocks => device.Dropout(shape, input.View, output.View, Seed, step, training, blocks));
        return output.Read();
    }
}

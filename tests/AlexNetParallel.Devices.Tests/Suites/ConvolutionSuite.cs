using System.Collections.Concurrent;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Convolutions against the reference in double precision, and with themselves bit for bit.</summary>
public abstract class ConvolutionSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    private static readonly (string Name, ConvolutionShape Shape, int Cases)[] Cases =
    [
        ("conv1 of net 145, cut down", new(3, 20, 20, 48, 11, 11, 4, 0, 0, 4, 4), 33),
        ("5x5 as conv2", new(5, 6, 6, 18, 5, 5, 1, 2, 2, 6, 6), 96),
        ("3x3 as conv3", new(37, 5, 5, 34, 3, 3, 1, 1, 1, 5, 5), 32),
        ("more channels than a group has", new(120, 3, 3, 15, 3, 3, 1, 1, 1, 3, 3), 3),
        ("batch of 128", new(4, 4, 4, 8, 3, 3, 1, 1, 1, 4, 4), 128),
        ("one of everything", new(1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1), 1),
        ("one channel, ten kernels, no border", new(1, 7, 5, 10, 3, 2, 1, 0, 0, 5, 4), 1),
        ("stride 2 with a rest", new(4, 7, 10, 6, 3, 3, 2, 1, 1, 4, 5), 33),
        ("stride above the kernel's size", new(3, 8, 9, 5, 2, 2, 3, 0, 0, 3, 3), 2),
        ("1x1, stride 1", new(70, 3, 4, 33, 1, 1, 1, 0, 0, 3, 4), 5),
        ("1x1 with padding", new(3, 4, 4, 7, 1, 1, 1, 1, 1, 6, 6), 3),
        ("not square, uneven padding", new(6, 5, 8, 9, 2, 4, 1, 1, 3, 6, 9), 4),
        ("wide kernel", new(2, 3, 20, 5, 3, 17, 1, 1, 8, 3, 20), 5),
        ("4x4, stride 2", new(9, 8, 8, 17, 4, 4, 2, 1, 1, 4, 4), 5),
        ("7x7, 129 kernels", new(3, 5, 5, 129, 7, 7, 1, 3, 3, 5, 5), 3),
    ];

    /// <summary>The reference takes longer than the device: once for a case, for all variants.</summary>
    private static readonly ConcurrentDictionary<string, (HostTensor Y, HostTensor Dx, double[] Dw, double[] Db)> References = new();

    /// <summary>Devices times cases.</summary>
    public static TheoryData<string, string> DevicesAndCases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var device in TVariants.Names)
                foreach (var (name, _, _) in Cases) data.Add(device, name);
            return data;
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndCases))]
    public void Agrees_with_double_precision(string variant, string name)
    {
        var test = Find(name);
        using var device = Open(variant);
        var expected = References.GetOrAdd(name, _ => test.Reference(Neuron.None));
        var got = test.Run(device, Neuron.None);
        Closeness.Close(expected.Y, got.Y, Tolerance, "y");
        Closeness.Close(expected.Dx, got.Dx, Tolerance, "dx");
        Closeness.Close(expected.Dw, Array.ConvertAll(got.Dw, v => (double)v), Tolerance, "dw");
        Closeness.Close(expected.Db, Array.ConvertAll(got.Db, v => (double)v), Tolerance, "db");
    }

    [SkippableTheory, MemberData(nameof(DevicesAndCases))]
    public void Bits_do_not_depend_on_width_threads_cuts_or_places(string variant, string name)
    {
        var test = Find(name);
        using var first = TVariants.OpenPlain();
        using var device = Open(variant);
        var expected = test.Run(first, Neuron.Relu);
        Same(expected, test.Run(device, Neuron.Relu), "whole run of blocks");
        Same(expected, test.Run(device, Neuron.Relu, oneBlockAtATime: true), "a call for each block");
        Same(expected, test.Run(device, Neuron.Relu, scattered: true, oneBlockAtATime: true), "with gaps and wider borders");
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Neurons_come_out_of_the_same_pass(string variant)
    {
        using var device = Open(variant);
        var test = Find("conv1 of net 145, cut down");
        foreach (var neuron in new[] { Neuron.Relu, Neuron.Tanh })
            Closeness.Close(test.Reference(neuron).Y, test.Run(device, neuron).Y, Tolerance, neuron.ToString());
    }

    /// <summary>Devices times golden cases.</summary>
    public static TheoryData<string, string> DevicesAndGolden
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var device in TVariants.Names)
                foreach (var name in GoldenCase.Names("conv2d")) data.Add(device, name);
            return data;
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndGolden))]
    public void Golden_tensors_are_met(string variant, string name)
    {
        using var device = Open(variant);
        var golden = GoldenCase.Open(name);
        var (x, dy, w, b) = (golden["x"].Tensor(), golden["dy"].Tensor(), golden["w"], golden["b"].Values);
        var groups = golden.Integer("groups");
        var pads = golden.Attributes.GetProperty("pad_top_left_bottom_right");
        var (channels, kernels) = (x.Channels / groups, dy.Channels / groups);
        var shape = new ConvolutionShape(channels, x.Height, x.Width, kernels, w.Shape[2], w.Shape[3],
            golden.Integer("stride"), pads[0].GetInt32(), pads[1].GetInt32(), dy.Height, dy.Width);
        var layer = new GoldenLayer(name, groups, shape.FanIn, dy.Channels, w.Shape[2], shape.Stride, shape.PadTop, 0);
        var (weights, dw) = (layer.ToCanonical(w.Values), layer.ToCanonical(golden["dw"].Values));
        for (var group = 0; group < groups; group++)
        {
            var own = new ConvolutionCase(shape, x.Slice(group * channels, channels), layer.Group(weights, group),
                b[(group * kernels)..((group + 1) * kernels)], dy.Slice(group * kernels, kernels));
            var got = own.Run(device, Neuron.None);
            Closeness.Close(golden["y"].Tensor().Slice(group * kernels, kernels), got.Y, Tolerance, "y");
            Closeness.Close(golden["dx"].Tensor().Slice(group * channels, channels), got.Dx, Tolerance, "dx");
            Closeness.Close(layer.Group(dw, group), got.Dw, Tolerance, "dw");
            Closeness.Close(golden["db"].Values[(group * kernels)..((group + 1) * kernels)], got.Db, Tolerance, "db");
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Wrong_views_are_refused(string variant)
    {
        using var device = Open(variant);
        var shape = new ConvolutionShape(3, 6, 6, 4, 3, 3, 1, 1, 1, 6, 6);
        using var parameters = device.CreateParameters(shape);
        using var bare = DeviceTensor.Blank(device, 32, 3, 6, 6);
        using var x = DeviceTensor.Blank(device, 32, 3, 6, 6, new Placement(shape.InputBorder));
        using var y = DeviceTensor.Blank(device, 32, 4, 6, 6);
        void Refused(string part, DeviceTensor from, BlockRange blocks, ConvolutionShape asked) => Assert.Contains(part, Assert.Throws<ArgumentException>(
            () => device.ConvolutionForward(asked, from.View, parameters, y.View, Neuron.None, blocks)).Message, StringComparison.Ordinal);
        Refused("needs at least", bare, bare.Blocks, shape);
        Refused("3×6×6", y, y.Blocks, shape);
        Refused("blocks [0,2)", x, new BlockRange(0, 2), shape);
        Refused("parameters are for", x, x.Blocks, shape with { PadTop = 0 });
    }

    private static ConvolutionCase Find(string name)
    {
        var (_, shape, cases) = Cases.Single(c => c.Name == name);
        return ConvolutionCase.Random(shape, cases);
    }

    private static void Same(ConvolutionResults expected, ConvolutionResults got, string what)
    {
        Closeness.Same(ConvolutionCase.Floats(expected.Y), ConvolutionCase.Floats(got.Y), $"y, {what}");
        Closeness.Same(ConvolutionCase.Floats(expected.Dx), ConvolutionCase.Floats(got.Dx), $"dx, {what}");
        Closeness.Same(expected.Dw, got.Dw, $"dw, {what}");
        Closeness.Same(expected.Db, got.Db, $"db, {what}");
    }
}

using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Neuron gradients and sums.</summary>
public abstract class ElementwiseSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    private static readonly (int Channels, int Height, int Width)[] Sizes = [(5, 4, 3), (70, 1, 1), (3, 13, 13), (1, 27, 55)];

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Neuron_gradient_follows_the_formula(string name)
    {
        foreach (var neuron in new[] { Neuron.Relu, Neuron.Tanh, Neuron.None })
        {
            foreach (var (size, batch) in Cases())
            {
                var y = ReferenceOperations.NeuronForward(neuron, HostTensor.Random(batch, size.Channels, size.Height, size.Width, seed: 6)).Map(v => (float)v);
                var dy = HostTensor.Random(batch, size.Channels, size.Height, size.Width, seed: 7);
                var got = SameBits(name, $"{neuron} {size}", (device, placement, single) => NeuronGradient(device, neuron, y, dy, placement, single));
                Closeness.Close(ReferenceOperations.NeuronGradient(neuron, y, dy), got, 1e-7, $"{neuron} {size}");
            }
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_relu_is_met(string name)
    {
        using var device = Open(name);
        var golden = GoldenCase.Open("relu");
        var got = NeuronGradient(device, Neuron.Relu, golden["y"].Tensor(), golden["dy"].Tensor(), Placement.Plain, false);
        Closeness.Close(golden["dx"].Tensor(), got, 0, "relu dx");
    }

    /// <summary>Three numbers whose sum depends on the order: ((a + b) + c) is asked for.</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Sum_adds_the_sources_in_order(string name)
    {
        foreach (var count in new[] { 1, 2, 3, 5 })
        {
            foreach (var (size, batch) in Cases())
            {
                var sources = Enumerable.Range(0, count)
                    .Select(i => HostTensor.Random(batch, size.Channels, size.Height, size.Width, seed: 8 + i, -(float)Math.Pow(100, i), (float)Math.Pow(100, i))).ToArray();
                var got = SameBits(name, $"sum of {count}, {size}", (device, placement, single) =>
                {
                    DeviceTensor[] inputs = [.. sources.Select((s, i) => DeviceTensor.From(device, s, i == 1 ? Placement.Plain : placement))];
                    using var output = DeviceTensor.Blank(device, batch, size.Channels, size.Height, size.Width, placement);
                    InRuns(output.Blocks, single, blocks => device.Sum(output.View, [.. inputs.Select(t => t.View)], blocks));
                    foreach (var input in inputs) input.Dispose();
                    return output.Read();
                });
                var expected = sources[0].Map(v => v);
                foreach (var source in sources.Skip(1))
                    for (var i = 0; i < expected.Values.Length; i++) expected.Values[i] = (float)expected.Values[i] + (float)source.Values[i];
                Closeness.Close(expected.Map(v => (float)v), got, 0, $"sum of {count}, {size}");
            }
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void A_source_of_a_sum_may_be_the_destination(string name)
    {
        using var device = Open(name);
        foreach (var position in new[] { 0, 1, 2 })
        {
            HostTensor[] sources = [.. Enumerable.Range(0, 3).Select(i => HostTensor.Random(33, 4, 3, 5, seed: 20 + i))];
            DeviceTensor[] tensors = [.. sources.Select(s => DeviceTensor.From(device, s))];
            var destination = tensors[position];
            device.Sum(destination.View, [.. tensors.Select(t => t.View)], destination.Blocks);
            Closeness.Close(ReferenceOperations.Sum(sources), destination.Read(), 1e-6, $"into source {position}");
            foreach (var tensor in tensors) tensor.Dispose();
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Sum_of_buffers_adds_only_the_range_in_order(string name)
    {
        using var device = Open(name);
        const int Length = 200_003;
        float[][] sources = [.. Enumerable.Range(0, 3).Select(i => HostTensor.Random(1, Length, 1, 1, seed: 30 + i, -1, 1e3f * i + 1).Values.Select(v => (float)v).ToArray())];
        DeviceBuffer[] buffers = [.. sources.Select(s =>
        {
            var buffer = device.Allocate(Length);
            buffer.Write(s);
            return buffer;
        })];
        foreach (var (offset, count) in new[] { (0, Length), (5, 1), (17, 70_001), (0, 0), (131_072, Length - 131_072) })
        {
            using var destination = device.Allocate(Length);
            device.Sum(destination, buffers, offset, count);
            var got = new float[Length];
            destination.Read(got);
            var expected = new float[Length];
            for (var i = offset; i < offset + count; i++) expected[i] = sources[0][i] + sources[1][i] + sources[2][i];
            Closeness.Same(expected, got, $"[{offset}, {offset + count})");
        }
        Assert.Throws<ArgumentException>(() => device.Sum(buffers[0], buffers, 1, Length));
        foreach (var buffer in buffers) buffer.Dispose();
    }

    private static IEnumerable<((int Channels, int Height, int Width) Size, int Batch)> Cases() => Sizes.Select((size, i) => (size, Batches[i % Batches.Length]));

    private static HostTensor NeuronGradient(IDevice device, Neuron neuron, HostTensor y, HostTensor dy, Placement placement, bool single)
    {
        using var output = DeviceTensor.From(device, y, placement);
        using var gradient = DeviceTensor.From(device, dy, placement);
        InRuns(output.Blocks, single, blocks => device.NeuronGradient(neuron, output.View, gradient.View, blocks));
        return gradient.Read();
    }
}

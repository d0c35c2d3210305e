using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>After its first call no operation allocates managed memory: a training step must never wait for the garbage collector.</summary>
public abstract class SteadyStateSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Operations_allocate_nothing(string name)
    {
        using var device = Open(name);
        using var x = DeviceTensor.From(device, HostTensor.Random(64, 8, 5, 5, seed: 70));
        using var y = DeviceTensor.From(device, HostTensor.Random(64, 8, 5, 5, seed: 71));
        using var z = DeviceTensor.From(device, HostTensor.Random(64, 8, 5, 5, seed: 72));
        using var pooled = DeviceTensor.From(device, HostTensor.Random(64, 8, 2, 2, seed: 73));
        using var units = DeviceTensor.From(device, HostTensor.Random(64, 10, 1, 1, seed: 74));
        using var probabilities = DeviceTensor.From(device, HostTensor.Random(64, 10, 1, 1, seed: 75));
        var pooling = new PoolingShape(8, 5, 5, 3, 2, 0, 2, 2);
        var across = new NormalizationShape(NormalizationKind.AcrossMaps, 8, 5, 5, 5, 2, 1e-4f, 0.75f);
        var same = across with { Kind = NormalizationKind.SameMap };
        var dropout = new DropoutShape(1, 8, 0, 25, 0.5f);
        var labels = new int[64];
        TensorView[] views = [x.View, y.View];
        DeviceBuffer[] buffers = [x.Buffer, y.Buffer];

        var operations = new (string Name, Action Run)[]
        {
            ("pooling forward", () => device.PoolingForward(pooling, x.View, pooled.View, Neuron.Relu, x.Blocks)),
            ("pooling input gradient", () => device.PoolingInputGradient(pooling, x.View, pooled.View, pooled.View, z.View, Neuron.Relu, x.Blocks)),
            ("normalisation across maps", () => device.NormalizationForward(across, x.View, z.View, x.Blocks)),
            ("its gradient", () => device.NormalizationInputGradient(across, x.View, y.View, z.View, x.Blocks)),
            ("normalisation within a map", () => device.NormalizationForward(same, x.View, z.View, x.Blocks)),
            ("its gradient", () => device.NormalizationInputGradient(same, x.View, y.View, z.View, x.Blocks)),
            ("neuron gradient", () => device.NeuronGradient(Neuron.Relu, x.View, z.View, x.Blocks)),
            ("dropout", () => device.Dropout(dropout, x.View, z.View, 1, 1, true, x.Blocks)),
            ("loss", () => device.SoftmaxLogLoss(units.View, labels, probabilities.View, null, 64, units.Blocks)),
            ("sum", () => device.Sum(z.View, views, x.Blocks)),
            ("sum of buffers", () => device.Sum(z.Buffer, buffers, 0, z.Layout.Size)),
        };
        foreach (var (operation, run) in operations)
        {
            for (var i = 0; i < 3; i++) run();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 50; i++) run();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated == 0, $"50 calls of {operation} allocated {allocated} bytes");
        }
    }
}

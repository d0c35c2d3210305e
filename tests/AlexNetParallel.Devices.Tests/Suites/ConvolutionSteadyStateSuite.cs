using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>The same as <see cref="SteadyStateSuite{TVariants}"/> for layers with weights: after the first calls nothing is allocated.</summary>
public abstract class ConvolutionSteadyStateSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Layers_with_weights_allocate_nothing(string name)
    {
        using var device = Open(name);
        var unit = new ConvolutionShape(8, 5, 5, 6, 3, 3, 1, 1, 1, 5, 5);
        var strided = new ConvolutionShape(8, 5, 5, 6, 3, 3, 2, 1, 1, 3, 3);
        var full = new FullyConnectedShape(8, 25, 40);
        using var x = DeviceTensor.From(device, HostTensor.Random(64, 8, 5, 5, seed: 80), new Placement(unit.InputBorder));
        using var dx = DeviceTensor.From(device, HostTensor.Random(64, 8, 5, 5, seed: 81));
        using var y = DeviceTensor.From(device, HostTensor.Random(64, 6, 5, 5, seed: 82), new Placement(unit.OutputGradientBorder));
        using var small = DeviceTensor.From(device, HostTensor.Random(64, 6, 3, 3, seed: 83));
        using var units = DeviceTensor.From(device, HostTensor.Random(64, 40, 1, 1, seed: 84));
        using var unitParameters = device.CreateParameters(unit);
        using var stridedParameters = device.CreateParameters(strided);
        using var fused = device.CreateParameters(full, materializeGradients: false);
        using var materialized = device.CreateParameters(full, materializeGradients: true);
        var rule = new UpdateRule(0.01f, 0.02f, 0.9f, 0.0005f, 64);

        var operations = new (string Name, Action Run)[]
        {
            ("convolution forward", () => device.ConvolutionForward(unit, x.View, unitParameters, y.View, Neuron.Tanh, x.Blocks)),
            ("its input gradient", () => device.ConvolutionInputGradient(unit, y.View, unitParameters, dx.View, x.Blocks)),
            ("its input gradient with stride 2", () => device.ConvolutionInputGradient(strided, small.View, stridedParameters, dx.View, x.Blocks)),
            ("its weight gradient", () => device.ConvolutionWeightGradient(unit, x.View, y.View, unitParameters, x.Blocks, first: true)),
            ("its update", () => device.Update(unitParameters, rule)),
            ("forward after an update", () => device.ConvolutionForward(unit, x.View, unitParameters, y.View, Neuron.Relu, x.Blocks)),
            ("fully connected forward", () => device.FullyConnectedForward(full, x.View, fused, units.View, Neuron.Relu, x.Blocks)),
            ("its input gradient", () => device.FullyConnectedInputGradient(full, units.View, fused, dx.View, x.Blocks)),
            ("its update", () => device.FullyConnectedUpdate(full, x.View, units.View, fused, x.Blocks, rule)),
            ("its weight gradient", () => device.FullyConnectedWeightGradient(full, x.View, units.View, materialized, x.Blocks)),
        };
        foreach (var (operation, run) in operations)
        {
            for (var i = 0; i < 3; i++) run();
            var (before, onDevice) = (GC.GetAllocatedBytesForCurrentThread(), device.AllocatedBytes);
            for (var i = 0; i < 20; i++) run();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated == 0, $"20 calls of {operation} allocated {allocated} bytes");
            Assert.Equal(onDevice, device.AllocatedBytes);
        }
    }
}

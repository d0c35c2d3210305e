using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Parameters of a fully connected layer in panels of 32 outputs: (panel, input, output of the panel), the last panel narrower. One order serves all
/// three passes, so weights are never packed again: the forward pass and the input gradient broadcast single weights, the weight gradient writes
/// whole rows of a panel.
/// </summary>
internal sealed unsafe class CpuFullyConnectedParameters(CpuDevice device, FullyConnectedShape shape, bool materializeGradients, DeviceBuffer? gradients)
    : CpuParameters(device, shape.Weights, shape.Outputs, materializeGradients, gradients)
{
    public FullyConnectedShape Shape => shape;

    public bool Materialized { get; } = materializeGradients;

    /// <summary>How the outputs are cut.</summary>
    public Panels Panels { get; } = new(shape.Outputs);

    protected override void ToDeviceOrder(ReadOnlySpan<float> canonical, float* device)
    {
        for (var panel = 0; panel < Panels.Count; panel++)
        {
            var width = Panels.WidthOf(panel);
            for (var input = 0; input < shape.Inputs; input++, device += width)
                canonical.Slice(checked(input * shape.Outputs + panel * Panels.Width), width).CopyTo(new Span<float>(device, width));
        }
    }

    protected override void ToCanonicalOrder(float* device, Span<float> canonical)
    {
        for (var panel = 0; panel < Panels.Count; panel++)
        {
            var width = Panels.WidthOf(panel);
            for (var input = 0; input < shape.Inputs; input++, device += width)
                new ReadOnlySpan<float>(device, width).CopyTo(canonical.Slice(checked(input * shape.Outputs + panel * Panels.Width), width));
        }
    }
}

using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Parameters of a fully connected layer in the order of <see cref="PanelLayout"/>. It serves all three passes, so weights are never packed again: the forward
/// pass and the input gradient broadcast single weights, the weight gradient writes whole rows of a panel.
/// </summary>
internal sealed unsafe class CpuFullyConnectedParameters(CpuDevice device, FullyConnectedShape shape, bool materializeGradients, DeviceBuffer? gradients)
    : CpuParameters(device, shape.Weights, shape.Outputs, materializeGradients, gradients)
{
    public FullyConnectedShape Shape => shape;

    public bool Materialized { get; } = materializeGradients;

    /// <summary>Where the weights lie.</summary>
    public PanelLayout Layout { get; } = new(shape.Inputs, shape.Outputs);

    protected override void ToDeviceOrder(ReadOnlySpan<float> canonical, float* device)
    {
        for (var row = 0; row < Rows; row++)
        {
            var (start, there, width) = Row(row);
            canonical.Slice(start, width).CopyTo(new Span<float>(device + there, width));
        }
    }

    protected override void ToCanonicalOrder(float* device, Span<float> canonical)
    {
        for (var row = 0; row < Rows; row++)
        {
            var (start, there, width) = Row(row);
            new ReadOnlySpan<float>(device + there, width).CopyTo(canonical.Slice(start, width));
        }
    }

    /// <summary>Runs of weights that lie together in both orders: one input, one panel.</summary>
    private int Rows => checked(shape.Inputs * Layout.Panels.Count);

    private (int Canonical, long Device, int Width) Row(int row)
    {
        var (input, panel) = (row / Layout.Panels.Count, row % Layout.Panels.Count);
        var (group, inGroup) = (input / PanelLayout.GroupInputs, input % PanelLayout.GroupInputs);
        var width = Layout.Panels.WidthOf(panel);
        return (checked(input * shape.Outputs + panel * Panels.Width), Layout.Offset(group, panel) + inGroup * width, width);
    }
}

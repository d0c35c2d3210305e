namespace AlexNetParallel.Testing.Golden;

/// <summary>A weighted layer of the golden networks.</summary>
/// <param name="Name">conv1 … conv5, fc6, fc7, fc8.</param>
/// <param name="Groups">Parts that read only their own part of the input: 2 in conv2, conv4, conv5, else 1.</param>
/// <param name="FanIn">Weights of one output.</param>
/// <param name="Outputs">Kernels or units, all groups.</param>
/// <param name="KernelSize">Side of the kernel; 0 for a fully connected layer.</param>
/// <param name="Stride">Pixels from a window to the next.</param>
/// <param name="Pad">Zero pixels on each side.</param>
/// <param name="InitialBias">Value of all biases before the first step.</param>
public sealed record GoldenLayer(string Name, int Groups, int FanIn, int Outputs, int KernelSize, int Stride, int Pad, float InitialBias)
{
    /// <summary>Number of weights.</summary>
    public int WeightCount => FanIn * Outputs;

    /// <summary>
    /// From the golden files' order, [outputs, fan-in], to the canonical one, (fan-in, outputs) with outputs fastest. A group is a run of columns.
    /// </summary>
    public float[] ToCanonical(ReadOnlySpan<float> golden)
    {
        var canonical = new float[WeightCount];
        for (var o = 0; o < Outputs; o++)
            for (var i = 0; i < FanIn; i++)
                canonical[i * Outputs + o] = golden[o * FanIn + i];
        return canonical;
    }

    /// <summary>The columns of one group of a canonical array.</summary>
    public float[] Group(ReadOnlySpan<float> canonical, int group)
    {
        var columns = Outputs / Groups;
        var part = new float[FanIn * columns];
        for (var i = 0; i < FanIn; i++) canonical.Slice(i * Outputs + group * columns, columns).CopyTo(part.AsSpan(i * columns));
        return part;
    }

    /// <summary>The eight layers of AlexNet with these widths.</summary>
    /// <param name="channels">Kernels of conv1 … conv5.</param>
    /// <param name="units">Units of fc6 and fc7.</param>
    /// <param name="classes">Units of fc8.</param>
    /// <param name="lastPixels">Pixels of a map of pool5.</param>
    internal static IReadOnlyList<GoldenLayer> AlexNet(int[] channels, int units, int classes, int lastPixels) =>
    [
        new("conv1", 1, 3 * 11 * 11, channels[0], 11, 4, 0, 0),
        new("conv2", 2, channels[0] / 2 * 5 * 5, channels[1], 5, 1, 2, 1),
        new("conv3", 1, channels[1] * 3 * 3, channels[2], 3, 1, 1, 0),
        new("conv4", 2, channels[2] / 2 * 3 * 3, channels[3], 3, 1, 1, 1),
        new("conv5", 2, channels[3] / 2 * 3 * 3, channels[4], 3, 1, 1, 1),
        new("fc6", 1, channels[4] * lastPixels, units, 0, 1, 0, 1),
        new("fc7", 1, units, units, 0, 1, 0, 1),
        new("fc8", 1, units, classes, 0, 1, 0, 0),
    ];
}

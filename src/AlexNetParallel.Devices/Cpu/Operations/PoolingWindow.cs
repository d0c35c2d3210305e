using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>Which pixels a pooling's window covers along one axis, and which windows cover a pixel.</summary>
internal static class PoolingWindow
{
    /// <summary>The pixels of window <paramref name="output"/>, clipped to the image.</summary>
    public static (int First, int Count) Inputs(int output, PoolingShape shape, int pixels)
    {
        var start = output * shape.Stride - shape.Pad;
        var first = Math.Max(0, start);
        return (first, Math.Min(pixels, start + shape.Size) - first);
    }

    /// <summary>The windows that cover pixel <paramref name="input"/>; none where the stride skips it.</summary>
    public static (int First, int Count) Outputs(int input, PoolingShape shape, int windows)
    {
        var reach = input + shape.Pad - shape.Size + 1; // start of the first window that reaches the pixel, if it were one
        var first = reach <= 0 ? 0 : (reach + shape.Stride - 1) / shape.Stride;
        var last = Math.Min(windows - 1, (input + shape.Pad) / shape.Stride);
        return (first, Math.Max(0, last - first + 1));
    }
}

using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices;

/// <summary>What every device asks of an operation's arguments before it touches memory. Each throws <see cref="ArgumentException"/> with what was found and what was expected.</summary>
internal static class OperationChecks
{
    /// <summary>Most tensors, or buffers, of one sum: their addresses lie on the stack.</summary>
    public const int MostSources = 1024;

    /// <summary>The view has these sizes, holds the blocks, and is stored with at least this border.</summary>
    public static void Check(TensorView view, int channels, int height, int width, BlockRange blocks, Border border = default, [CallerArgumentExpression(nameof(view))] string? name = null)
    {
        var layout = view.Layout;
        if (view.Channels != channels || layout.Height != height || layout.Width != width)
            throw new ArgumentException($"{name} is {view.Channels}×{layout.Height}×{layout.Width}, the operation expects {channels}×{height}×{width}", name);
        if (blocks.First < layout.Blocks.First || blocks.End > layout.Blocks.End)
            throw new ArgumentException($"{name} holds {layout.Blocks}, the operation was asked for {blocks}", name);
        var has = layout.Border;
        if (has.Top < border.Top || has.Left < border.Left || has.Bottom < border.Bottom || has.Right < border.Right)
            throw new ArgumentException($"{name} is stored with {has}, the operation needs at least {border}", name);
    }

    /// <summary>As <see cref="Check"/>, for a layer that sees only the number of pixels of a map.</summary>
    public static void CheckInputs(FullyConnectedShape shape, TensorView view, BlockRange blocks)
    {
        if (view.Layout.Height * view.Layout.Width != shape.InputPixels)
            throw new ArgumentException($"the view's maps have {view.Layout.Height}×{view.Layout.Width} pixels, the layer reads {shape.InputPixels}", nameof(view));
        Check(view, shape.InputChannels, view.Layout.Height, view.Layout.Width, blocks);
    }

    /// <summary>The view is not asked for several blocks where it holds one at a time.</summary>
    public static void CheckShared(TensorView view, BlockRange blocks, string name)
    {
        if (view.Layout.Shared && blocks.Count > 1)
            throw new ArgumentException($"{name} holds one block at a time, the operation was asked for {blocks}", name);
    }

    /// <summary>Max pooling can be computed.</summary>
    public static void CheckPooling(PoolingShape shape, Neuron neuron)
    {
        if (neuron is not (Neuron.None or Neuron.Relu))
            throw new ArgumentException($"max pooling is followed by {neuron}; only {Neuron.None} and {Neuron.Relu} can be computed with it", nameof(neuron));
        var lastRow = (shape.OutputHeight - 1) * shape.Stride - shape.Pad;
        var lastColumn = (shape.OutputWidth - 1) * shape.Stride - shape.Pad;
        if (shape.Size < 1 || shape.Stride < 1 || shape.Pad < 0 || shape.Pad >= shape.Size || lastRow >= shape.InputHeight || lastColumn >= shape.InputWidth)
            throw new ArgumentException($"{shape}: every window must cover a pixel of the image, with size and stride at least 1 and pad below size", nameof(shape));
    }

    /// <summary>Response normalisation can be computed.</summary>
    public static void CheckNormalization(NormalizationShape shape)
    {
        if (shape.Size < 1 || shape.Size % 2 == 0 || shape.K < 0 || shape.Alpha < 0 || (shape.K == 0 && shape.Alpha == 0))
            throw new ArgumentException($"{shape}: Size must be odd, K and Alpha at least 0 and not both 0", nameof(shape));
    }

    /// <summary>Dropout can be computed on maps of this size.</summary>
    public static void CheckDropout(DropoutShape shape, TensorLayout layout)
    {
        if (layout.Height * layout.Width != shape.Pixels)
            throw new ArgumentException($"y has maps of {layout.Height}×{layout.Width} pixels, the dropout's shape says {shape.Pixels}", nameof(layout));
        if (!(shape.Keep >= 0 && shape.Keep <= 1))
            throw new ArgumentException($"{shape}: the probability to keep a unit must lie in 0 .. 1", nameof(shape));
    }

    /// <summary>Cases [first, end) have labels that are classes.</summary>
    public static void CheckLabels(ReadOnlySpan<int> labels, int first, int end, int classes)
    {
        if (labels.Length < end) throw new ArgumentException($"{labels.Length} labels for {end} cases", nameof(labels));
        for (var number = first; number < end; number++)
        {
            if (labels[number] < 0 || labels[number] >= classes)
                throw new ArgumentException($"case {number} has label {labels[number]}; the scores are of classes 0 to {classes - 1}", nameof(labels));
        }
    }

    /// <summary>A sum has so many sources.</summary>
    public static void CheckSources(int count, string name)
    {
        if (count is < 1 or > MostSources) throw new ArgumentException($"{count} sources; a sum has 1 to {MostSources}", name);
    }

    /// <summary>Floats [offset, offset + count) lie in the buffer.</summary>
    public static void CheckRange(DeviceBuffer buffer, long offset, long count, string name)
    {
        if (offset < 0 || count < 0 || offset + count > buffer.Length)
            throw new ArgumentException($"floats [{offset}, {offset + count}) do not lie in a buffer of {buffer.Length}", name);
    }

    /// <summary>The nearest multiple of 2⁻³⁰: sums of a million such numbers are exact, so that they do not depend on how cases are grouped.</summary>
    public static double Exact(double value) => Math.Abs(value) < 1 << 22 ? Math.Round(value * (1 << 30)) / (1 << 30) : value;
}

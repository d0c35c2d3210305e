using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Testing.Reference;

public static partial class ReferenceOperations
{
    /// <summary>y = neuron(conv(x, w) + b).</summary>
    public static HostTensor ConvolutionForward(ConvolutionShape shape, HostTensor x, double[] w, double[] b, Neuron neuron = Neuron.None)
    {
        var y = new HostTensor(x.Cases, shape.Kernels, shape.OutputHeight, shape.OutputWidth);
        ForEachOutput(shape, y, x, (n, f, output, image, taps) =>
        {
            var sum = b[f];
            foreach (var (row, pixel) in taps) sum += w[row * shape.Kernels + f] * x.Values[image + pixel];
            y.Values[output] = Apply(neuron, sum);
        });
        return y;
    }

    /// <summary>The gradient with respect to x.</summary>
    public static HostTensor ConvolutionInputGradient(ConvolutionShape shape, HostTensor dy, double[] w)
    {
        var dx = new HostTensor(dy.Cases, shape.InputChannels, shape.InputHeight, shape.InputWidth);
        ForEachOutput(shape, dy, dx, (n, f, output, image, taps) =>
        {
            foreach (var (row, pixel) in taps) dx.Values[image + pixel] += w[row * shape.Kernels + f] * dy.Values[output];
        });
        return dx;
    }

    /// <summary>The gradients with respect to w and b, summed over the cases.</summary>
    public static (double[] Weights, double[] Biases) ConvolutionWeightGradient(ConvolutionShape shape, HostTensor x, HostTensor dy)
    {
        var dw = new double[shape.Weights];
        var db = new double[shape.Kernels];
        ForEachOutput(shape, dy, x, (n, f, output, image, taps) =>
        {
            db[f] += dy.Values[output];
            foreach (var (row, pixel) in taps) dw[row * shape.Kernels + f] += x.Values[image + pixel] * dy.Values[output];
        });
        return (dw, db);
    }

    /// <summary>
    /// Calls the action for each output: its case and kernel, its position in y, the position of the case's image in x, and its taps: (row of w, pixel of the image).
    /// </summary>
    private static void ForEachOutput(ConvolutionShape shape, HostTensor y, HostTensor x, Action<int, int, int, int, List<(int Row, int Pixel)>> action)
    {
        for (var oy = 0; oy < shape.OutputHeight; oy++)
        {
            for (var ox = 0; ox < shape.OutputWidth; ox++)
            {
                var taps = Taps(shape, oy, ox);
                for (var n = 0; n < y.Cases; n++)
                    for (var f = 0; f < shape.Kernels; f++)
                        action(n, f, y.Index(n, f, oy, ox), x.Index(n, 0, 0, 0), taps);
            }
        }
    }

    /// <summary>The window of one output, without what lies outside the image.</summary>
    private static List<(int Row, int Pixel)> Taps(ConvolutionShape shape, int oy, int ox)
    {
        var taps = new List<(int, int)>();
        for (var c = 0; c < shape.InputChannels; c++)
        {
            for (var ky = 0; ky < shape.KernelHeight; ky++)
            {
                for (var kx = 0; kx < shape.KernelWidth; kx++)
                {
                    var (iy, ix) = (oy * shape.Stride - shape.PadTop + ky, ox * shape.Stride - shape.PadLeft + kx);
                    if (iy < 0 || iy >= shape.InputHeight || ix < 0 || ix >= shape.InputWidth) continue;
                    taps.Add(((c * shape.KernelHeight + ky) * shape.KernelWidth + kx, (c * shape.InputHeight + iy) * shape.InputWidth + ix));
                }
            }
        }
        return taps;
    }
}

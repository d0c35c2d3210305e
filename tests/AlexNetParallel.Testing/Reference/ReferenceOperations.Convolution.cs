using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Testing.Reference;

public static partial class ReferenceOperations
{
    /// <summary>y = neuron(conv(x, w) + b).</summary>
    public static HostTensor ConvolutionForward(ConvolutionShape shape, HostTensor x, double[] w, double[] b, Neuron neuron = Neuron.None)
    {
        var y = new HostTensor(x.Cases, shape.Kernels, shape.OutputHeight, shape.OutputWidth);
        for (var n = 0; n < x.Cases; n++)
        {
            for (var f = 0; f < shape.Kernels; f++)
            {
                for (var oy = 0; oy < shape.OutputHeight; oy++)
                {
                    for (var ox = 0; ox < shape.OutputWidth; ox++)
                    {
                        var sum = b[f];
                        foreach (var (weight, input) in Taps(shape, x, n, f, oy, ox)) sum += w[weight] * x.Values[input];
                        y[n, f, oy, ox] = Apply(neuron, sum);
                    }
                }
            }
        }
        return y;
    }

    /// <summary>The gradient with respect to x.</summary>
    public static HostTensor ConvolutionInputGradient(ConvolutionShape shape, HostTensor dy, double[] w)
    {
        var dx = new HostTensor(dy.Cases, shape.InputChannels, shape.InputHeight, shape.InputWidth);
        ForEachOutput(shape, dy, (n, f, oy, ox, gradient) =>
        {
            foreach (var (weight, input) in Taps(shape, dx, n, f, oy, ox)) dx.Values[input] += w[weight] * gradient;
        });
        return dx;
    }

    /// <summary>The gradients with respect to w and b, summed over the cases.</summary>
    public static (double[] Weights, double[] Biases) ConvolutionWeightGradient(ConvolutionShape shape, HostTensor x, HostTensor dy)
    {
        var dw = new double[shape.Weights];
        var db = new double[shape.Kernels];
        ForEachOutput(shape, dy, (n, f, oy, ox, gradient) =>
        {
            db[f] += gradient;
            foreach (var (weight, input) in Taps(shape, x, n, f, oy, ox)) dw[weight] += x.Values[input] * gradient;
        });
        return (dw, db);
    }

    /// <summary>The (weight, input pixel) pairs of one output: its window, without what lies outside the image.</summary>
    private static IEnumerable<(int Weight, int Input)> Taps(ConvolutionShape shape, HostTensor x, int n, int f, int oy, int ox)
    {
        for (var c = 0; c < shape.InputChannels; c++)
        {
            for (var ky = 0; ky < shape.KernelHeight; ky++)
            {
                var iy = oy * shape.Stride - shape.PadTop + ky;
                if (iy < 0 || iy >= shape.InputHeight) continue;
                for (var kx = 0; kx < shape.KernelWidth; kx++)
                {
                    var ix = ox * shape.Stride - shape.PadLeft + kx;
                    if (ix < 0 || ix >= shape.InputWidth) continue;
                    yield return (((c * shape.KernelHeight + ky) * shape.KernelWidth + kx) * shape.Kernels + f, x.Index(n, c, iy, ix));
                }
            }
        }
    }

    private static void ForEachOutput(ConvolutionShape shape, HostTensor dy, Action<int, int, int, int, double> action)
    {
        for (var n = 0; n < dy.Cases; n++)
            for (var f = 0; f < shape.Kernels; f++)
                for (var oy = 0; oy < shape.OutputHeight; oy++)
                    for (var ox = 0; ox < shape.OutputWidth; ox++)
                        action(n, f, oy, ox, dy[n, f, oy, ox]);
    }
}

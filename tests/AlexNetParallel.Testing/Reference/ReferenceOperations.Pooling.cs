using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Testing.Reference;

public static partial class ReferenceOperations
{
    /// <summary>y = neuron(max pool of x).</summary>
    public static HostTensor PoolingForward(PoolingShape shape, HostTensor x, Neuron neuron = Neuron.None)
    {
        var y = new HostTensor(x.Cases, shape.Channels, shape.OutputHeight, shape.OutputWidth);
        ForEachWindow(shape, x, (n, c, oy, ox, window) => y[n, c, oy, ox] = Apply(neuron, window.Max(i => x.Values[i])));
        return y;
    }

    /// <summary>dx from dy, with y the output after its neuron. Every input equal to the maximum gets the whole gradient, or only the first.</summary>
    public static HostTensor PoolingInputGradient(PoolingShape shape, HostTensor x, HostTensor y, HostTensor dy, Neuron neuron = Neuron.None)
    {
        var dx = x.Empty();
        var gradient = NeuronGradient(neuron, y, dy);
        ForEachWindow(shape, x, (n, c, oy, ox, window) =>
        {
            var largest = window.Max(i => x.Values[i]);
            var winners = window.Where(i => x.Values[i] == largest);
            foreach (var i in shape.FirstTieOnly ? winners.Take(1) : winners) dx.Values[i] += gradient[n, c, oy, ox];
        });
        return dx;
    }

    /// <summary>Calls the action with each window's pixels, row by row, without those outside the image.</summary>
    private static void ForEachWindow(PoolingShape shape, HostTensor x, Action<int, int, int, int, List<int>> action)
    {
        var window = new List<int>();
        for (var n = 0; n < x.Cases; n++)
        {
            for (var c = 0; c < shape.Channels; c++)
            {
                for (var oy = 0; oy < shape.OutputHeight; oy++)
                {
                    for (var ox = 0; ox < shape.OutputWidth; ox++)
                    {
                        window.Clear();
                        for (var ky = 0; ky < shape.Size; ky++)
                        {
                            for (var kx = 0; kx < shape.Size; kx++)
                            {
                                var (iy, ix) = (oy * shape.Stride - shape.Pad + ky, ox * shape.Stride - shape.Pad + kx);
                                if (iy >= 0 && iy < shape.InputHeight && ix >= 0 && ix < shape.InputWidth) window.Add(x.Index(n, c, iy, ix));
                            }
                        }
                        action(n, c, oy, ox, window);
                    }
                }
            }
        }
    }
}

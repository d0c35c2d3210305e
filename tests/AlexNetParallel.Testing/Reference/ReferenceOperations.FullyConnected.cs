using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Testing.Reference;

public static partial class ReferenceOperations
{
    /// <summary>y = neuron(x·w + b); x is read in order channel, y, x.</summary>
    public static HostTensor FullyConnectedForward(FullyConnectedShape shape, HostTensor x, double[] w, double[] b, Neuron neuron = Neuron.None)
    {
        var y = new HostTensor(x.Cases, shape.Outputs, 1, 1);
        for (var n = 0; n < x.Cases; n++)
        {
            for (var o = 0; o < shape.Outputs; o++)
            {
                var sum = b[o];
                for (var i = 0; i < shape.Inputs; i++) sum += w[i * shape.Outputs + o] * x.Values[n * shape.Inputs + i];
                y.Values[n * shape.Outputs + o] = Apply(neuron, sum);
            }
        }
        return y;
    }

    /// <summary>dx = dy·wᵀ, as a tensor of the input's size.</summary>
    public static HostTensor FullyConnectedInputGradient(FullyConnectedShape shape, HostTensor dy, double[] w, int height = 1, int width = 1)
    {
        var dx = new HostTensor(dy.Cases, shape.InputChannels, height, width);
        for (var n = 0; n < dy.Cases; n++)
            for (var i = 0; i < shape.Inputs; i++)
                for (var o = 0; o < shape.Outputs; o++)
                    dx.Values[n * shape.Inputs + i] += dy.Values[n * shape.Outputs + o] * w[i * shape.Outputs + o];
        return dx;
    }

    /// <summary>The gradients with respect to w and b, summed over the cases.</summary>
    public static (double[] Weights, double[] Biases) FullyConnectedWeightGradient(FullyConnectedShape shape, HostTensor x, HostTensor dy)
    {
        var dw = new double[shape.Weights];
        var db = new double[shape.Outputs];
        for (var n = 0; n < dy.Cases; n++)
        {
            for (var o = 0; o < shape.Outputs; o++)
            {
                var gradient = dy.Values[n * shape.Outputs + o];
                db[o] += gradient;
                for (var i = 0; i < shape.Inputs; i++) dw[i * shape.Outputs + o] += x.Values[n * shape.Inputs + i] * gradient;
            }
        }
        return (dw, db);
    }

    /// <summary>
    /// One update in place (section 5 of the paper, with the mean gradient g/N): v ← m·v − ε·decay·w − ε·g/N, w ← w + v. A rate of 0 changes nothing.
    /// </summary>
    public static void Update(double[] w, double[] v, double[] g, double rate, double momentum, double decay, int cases)
    {
        if (rate == 0) return;
        for (var i = 0; i < w.Length; i++)
        {
            v[i] = momentum * v[i] - rate * decay * w[i] - rate * g[i] / cases;
            w[i] += v[i];
        }
    }
}

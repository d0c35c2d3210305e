using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Testing.Reference;

/// <summary>
/// Every operation of <see cref="Devices.IDevice"/> in double precision, as plain loops that follow the formulas: what devices are held
/// against. Tensors are [n, c, y, x]; weights are in canonical order, (channel, ky, kx, kernel) and (input, output), the last fastest.
/// Gradients are of the summed loss.
/// </summary>
public static partial class ReferenceOperations
{
    /// <summary>neuron(x).</summary>
    public static HostTensor NeuronForward(Neuron neuron, HostTensor x) => x.Map(v => Apply(neuron, v));

    /// <summary>dy · neuron'(y), with y the neuron's output.</summary>
    public static HostTensor NeuronGradient(Neuron neuron, HostTensor y, HostTensor dy)
    {
        var result = dy.Empty();
        for (var i = 0; i < result.Values.Length; i++)
        {
            result.Values[i] = neuron switch
            {
                Neuron.Relu => y.Values[i] > 0 ? dy.Values[i] : 0,
                Neuron.Tanh => dy.Values[i] * (1 - y.Values[i] * y.Values[i]),
                _ => dy.Values[i],
            };
        }
        return result;
    }

    /// <summary>((a + b) + c) + …, element by element.</summary>
    public static HostTensor Sum(params IReadOnlyList<HostTensor> sources)
    {
        var result = sources[0].Clone();
        foreach (var source in sources.Skip(1))
            for (var i = 0; i < result.Values.Length; i++) result.Values[i] += source.Values[i];
        return result;
    }

    private static double Apply(Neuron neuron, double value) => neuron switch
    {
        Neuron.Relu => value < 0 ? 0 : value,
        Neuron.Tanh => Math.Tanh(value),
        _ => value,
    };
}

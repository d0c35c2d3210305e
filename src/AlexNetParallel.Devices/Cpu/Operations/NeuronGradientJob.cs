using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>dy ← dy · neuron'(y): for the ReLU dy where y is above 0, for tanh dy · (1 − y²).</summary>
internal readonly unsafe struct NeuronGradientJob(Neuron neuron, CpuView y, CpuView dy, Pieces pieces) : IVectorJob
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, first, end) = pieces.Item(item);
        var floats = (nint)pieces.Width * CaseBlock.Cases;
        for (var channel = first; channel < end; channel++)
        {
            var output = y.Plane(block, channel);
            var gradient = dy.Plane(block, channel);
            for (var row = 0; row < pieces.Height; row++, output += y.RowStride, gradient += dy.RowStride)
            {
                if (neuron == Neuron.Relu) Relu<TSimd, V>(output, gradient, floats);
                else Tanh<TSimd, V>(output, gradient, floats);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Relu<TSimd, V>(float* output, float* gradient, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (nint i = 0; i < floats; i += TSimd.Count)
            TSimd.Store(TSimd.Select(TSimd.GreaterThan(TSimd.Load(output + i), TSimd.Zero), TSimd.Load(gradient + i), TSimd.Zero), gradient + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tanh<TSimd, V>(float* output, float* gradient, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            var value = TSimd.Load(output + i);
            TSimd.Store(TSimd.Multiply(TSimd.Load(gradient + i), TSimd.NegatedMultiplyAdd(value, value, TSimd.Create(1))), gradient + i);
        }
    }
}

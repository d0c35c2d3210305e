using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// The update of parameters in one association, so that every place that updates gives the same bits:
/// v ← fma(−d, w, fma(−s, g, m·v)), w ← w + v.
/// </summary>
internal static unsafe class UpdateArithmetic
{
    /// <summary>Updates one vector of weights and their velocities in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Step<TSimd, V>(float* weights, float* velocities, V gradient, UpdateCoefficients by)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var w = TSimd.Load(weights);
        var v = TSimd.Multiply(TSimd.Create(by.Momentum), TSimd.Load(velocities));
        v = TSimd.NegatedMultiplyAdd(TSimd.Create(by.Scale), gradient, v);
        v = TSimd.NegatedMultiplyAdd(TSimd.Create(by.Decay), w, v);
        TSimd.Store(v, velocities);
        TSimd.Store(TSimd.Add(w, v), weights);
    }

    /// <summary>Updates <paramref name="count"/> parameters; the rest that does not fill a vector by a copy on the stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply<TSimd, V>(float* weights, float* velocities, float* gradients, long count, UpdateCoefficients by)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        long i = 0;
        for (; i + TSimd.Count <= count; i += TSimd.Count) Step<TSimd, V>(weights + i, velocities + i, TSimd.Load(gradients + i), by);
        if (i == count) return;
        var rest = (int)(count - i);
        var copy = stackalloc float[3 * 16];
        for (var j = 0; j < rest; j++) (copy[j], copy[16 + j], copy[32 + j]) = (weights[i + j], velocities[i + j], gradients[i + j]);
        Step<TSimd, V>(copy, copy + 16, TSimd.Load(copy + 32), by);
        for (var j = 0; j < rest; j++) (weights[i + j], velocities[i + j]) = (copy[j], copy[16 + j]);
    }
}

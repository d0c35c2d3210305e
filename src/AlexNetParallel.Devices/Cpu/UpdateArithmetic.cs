using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// The update of one vector of parameters, in one association, so that every place that updates gives the same bits:
/// v ← fma(−d, w, fma(−s, g, m·v)), w ← w + v, with s = ε/N and d = ε·decay rounded to float once.
/// </summary>
internal readonly struct UpdateArithmetic<TSimd, V>
    where TSimd : struct, ISimd<V>
    where V : struct
{
    private readonly V momentum;
    private readonly V scale;
    private readonly V decay;

    /// <param name="rate">ε.</param>
    /// <param name="rule">Momentum and N.</param>
    /// <param name="decay">Decay of the weights; 0 for biases.</param>
    public UpdateArithmetic(float rate, UpdateRule rule, float decay)
    {
        momentum = TSimd.Create(rule.Momentum);
        scale = TSimd.Create((float)((double)rate / rule.Cases));
        this.decay = TSimd.Create((float)((double)rate * decay));
    }

    /// <summary>New v from the old one, the gradient and the weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Velocity(V velocity, V gradient, V weight) =>
        TSimd.NegatedMultiplyAdd(decay, weight, TSimd.NegatedMultiplyAdd(scale, gradient, TSimd.Multiply(momentum, velocity)));

    /// <summary>Updates <paramref name="count"/> parameters; the rest that does not fill a vector by a copy on the stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void Apply(float* weights, float* velocities, float* gradients, long count)
    {
        long i = 0;
        for (; i + TSimd.Count <= count; i += TSimd.Count) ApplyVector(weights + i, velocities + i, gradients + i);
        if (i == count) return;
        var rest = (int)(count - i);
        var copy = stackalloc float[3 * 16];
        for (var j = 0; j < rest; j++) (copy[j], copy[16 + j], copy[32 + j]) = (weights[i + j], velocities[i + j], gradients[i + j]);
        ApplyVector(copy, copy + 16, copy + 32);
        for (var j = 0; j < rest; j++) (weights[i + j], velocities[i + j]) = (copy[j], copy[16 + j]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void ApplyVector(float* weight, float* velocity, float* gradient)
    {
        var w = TSimd.Load(weight);
        var v = Velocity(TSimd.Load(velocity), TSimd.Load(gradient), w);
        TSimd.Store(v, velocity);
        TSimd.Store(TSimd.Add(w, v), weight);
    }
}

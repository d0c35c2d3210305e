using System.Runtime.CompilerServices;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>tanh to about one unit in the last place: an odd polynomial near 0, 1 − 2 / (e^2x + 1) elsewhere, where it cancels nothing.</summary>
internal static unsafe class TanhKernel
{
    /// <summary>Where the two formulas meet.</summary>
    private const float Near = 0.625f;

    /// <summary>values = tanh(values).</summary>
    /// <param name="values">Floats, changed in place.</param>
    /// <param name="count">Their number: a multiple of 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSimd, V>(float* values, long count)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (long i = 0; i < count; i += TSimd.Count) TSimd.Store(Tanh<TSimd, V>(TSimd.Load(values + i)), values + i);
    }

    private static V Tanh<TSimd, V>(V x)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        // The polynomial is that of Cephes' tanhf (S. L. Moshier, public domain): tanh(x) = x + x³·P(x²) for |x| < 0.625.
        var square = TSimd.Multiply(x, x);
        var p = TSimd.Create(-5.70498872745e-3f);
        p = TSimd.MultiplyAdd(p, square, TSimd.Create(2.06390887954e-2f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Create(-5.37397155531e-2f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Create(1.33314422036e-1f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Create(-3.33332819422e-1f));
        var near = TSimd.MultiplyAdd(TSimd.Multiply(p, square), x, x);

        var one = TSimd.Create(1f);
        var power = TSimd.Exp(TSimd.Add(x, x));
        var far = TSimd.Subtract(one, TSimd.Divide(TSimd.Create(2f), TSimd.Add(power, one)));
        return TSimd.Select(TSimd.GreaterThan(TSimd.Create(Near), TSimd.Abs(x)), near, far);
    }
}

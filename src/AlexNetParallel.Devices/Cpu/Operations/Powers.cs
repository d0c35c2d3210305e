using System.Runtime.CompilerServices;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>The powers that response normalisation needs, for one β.</summary>
internal interface IPower
{
    /// <summary>d^−β and 1/d, for d above 0.</summary>
    static abstract void Of<TSimd, V>(V d, V minusBeta, out V power, out V inverse)
        where TSimd : struct, ISimd<V>
        where V : struct;
}

/// <summary>
/// β = 0.75, as in the paper: p = d^(−1/4), then p³ and p⁴. The estimate q has the residual e = 1 − d·q⁴, which lies in −0.131 .. 0.120, and
/// p = q·(1 − e)^(−1/4) = q·(1 + e·g(e)) with g a polynomial of degree 4 that interpolates at the Chebyshev nodes of that range. The power's error is at most
/// 4.1e-7 of it, 1e-7 in the mean square: a few roundings.
/// </summary>
internal readonly struct ThreeQuarters : IPower
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<TSimd, V>(V d, V minusBeta, out V power, out V inverse)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var q = TSimd.EstimateInverseFourthRoot(d);
        var square = TSimd.Multiply(q, q);
        var e = TSimd.NegatedMultiplyAdd(TSimd.Multiply(d, square), square, TSimd.Create(1));
        var g = TSimd.MultiplyAdd(TSimd.Create(0.080109775f), e, TSimd.Create(0.09657624f));
        g = TSimd.MultiplyAdd(g, e, TSimd.Create(0.117206566f));
        g = TSimd.MultiplyAdd(g, e, TSimd.Create(0.15624477f));
        g = TSimd.MultiplyAdd(g, e, TSimd.Create(0.24999997f));
        var p = TSimd.MultiplyAdd(TSimd.Multiply(q, e), g, q);
        square = TSimd.Multiply(p, p);
        power = TSimd.Multiply(square, p);
        inverse = TSimd.Multiply(square, square);
    }
}

/// <summary>Any β, by logarithm and exponential; several times slower.</summary>
internal readonly struct AnyPower : IPower
{
    public static void Of<TSimd, V>(V d, V minusBeta, out V power, out V inverse)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        power = TSimd.Exp(TSimd.Multiply(minusBeta, TSimd.Log(d)));
        inverse = TSimd.Divide(TSimd.Create(1), d);
    }
}

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
/// β = 0.75, as in the paper: p = d^(−1/4) from an estimate and two steps, then p³ and p⁴. A step's residual is e = 1 − d·p⁴, and
/// p·(1−e)^(−1/4) = p·(1 + e/4 + 5e²/32 + 15e³/128 + …); the first step takes three terms, the second, whose e is below 1e-5, one.
/// The power's error is at most 3.5e-7 of it, 1e-7 in the mean square: rounding.
/// </summary>
internal readonly struct ThreeQuarters : IPower
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<TSimd, V>(V d, V minusBeta, out V power, out V inverse)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var p = TSimd.EstimateInverseFourthRoot(d);
        var square = TSimd.Multiply(p, p);
        var e = TSimd.NegatedMultiplyAdd(TSimd.Multiply(d, square), square, TSimd.Create(1));
        var series = TSimd.MultiplyAdd(TSimd.MultiplyAdd(TSimd.Create(15f / 128), e, TSimd.Create(5f / 32)), e, TSimd.Create(1f / 4));
        p = TSimd.MultiplyAdd(TSimd.Multiply(p, e), series, p);
        square = TSimd.Multiply(p, p);
        e = TSimd.NegatedMultiplyAdd(TSimd.Multiply(d, square), square, TSimd.Create(1));
        p = TSimd.MultiplyAdd(TSimd.Multiply(p, e), TSimd.Create(1f / 4), p);
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

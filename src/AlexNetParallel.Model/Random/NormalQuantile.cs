using System.Runtime.Intrinsics;

namespace AlexNetParallel.Model.Random;

/// <summary>
/// Normal numbers by the inverse of the distribution function: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution",
/// Applied Statistics 37 (1988), PPND16 (16 digits). Only +, −, ·, /, √ are used, and nothing of a machine's mathematical library: the same bits
/// everywhere, so that a seed means the same initial weights on every machine.
/// </summary>
public static class NormalQuantile
{
    /// <summary>Where the middle part ends: 85 % of the numbers lie in it.</summary>
    private const double Middle = 0.425;

    /// <summary>The N(0, 1) number for a random word: the quantile of (word + ½) / 2³². Within ±6.34; ~word gives the negative.</summary>
    public static double Of(uint word) => Of(word, word, word, word).ToScalar();

    /// <summary>The numbers of four words. Each is the same as by itself.</summary>
    public static Vector256<double> Of(uint x, uint y, uint z, uint w)
    {
        // The distance of the probability from ½: exact.
        var q = (Vector256.Create((double)x, y, z, w) + Vector256.Create(0.5)) * (1.0 / 4294967296.0) - Vector256.Create(0.5);
        var r = Vector256.Create(0.180625) - q * q;
        var numerator = Step(Step(Step(Step(Step(Step(Step(Vector256.Create(2509.0809287301226727),
            r, 33430.575583588128105), r, 67265.770927008700853), r, 45921.953931549871457),
            r, 13731.693765509461125), r, 1971.5909503065514427), r, 133.14166789178437745), r, 3.387132872796366608);
        var denominator = Step(Step(Step(Step(Step(Step(Step(Vector256.Create(5226.495278852854561),
            r, 28729.085735721942674), r, 39307.89580009271061), r, 21213.794301586595867),
            r, 5394.1960214247511077), r, 687.1870074920579083), r, 42.313330701600911252), r, 1);
        var numbers = q * numerator / denominator;

        var outer = Vector256.GreaterThan(Vector256.Abs(q), Vector256.Create(Middle)).ExtractMostSignificantBits();
        for (; outer != 0; outer &= outer - 1)
        {
            var lane = System.Numerics.BitOperations.TrailingZeroCount(outer);
            var distance = q.GetElement(lane);
            numbers = numbers.WithElement(lane, Math.CopySign(Tail(0.5 - Math.Abs(distance)), distance));
        }
        return numbers;
    }

    /// <summary>One step of Horner's rule, rounded after the product and after the sum: not fused, which only some machines can.</summary>
    private static Vector256<double> Step(Vector256<double> sum, Vector256<double> r, double coefficient) => sum * r + Vector256.Create(coefficient);

    /// <summary>The two outer parts of the distribution; √(−ln p) is at most 4.79 for 32-bit words, so that the far tail's formula is not needed.</summary>
    private static double Tail(double probability)
    {
        var r = Math.Sqrt(-Log(probability)) - 1.6;
        return (((((((0.000774545014278341407640 * r + 0.0227238449892691845833) * r + 0.241780725177450611770) * r + 1.27045825245236838258) * r
                + 3.64784832476320460504) * r + 5.76949722146069140550) * r + 4.63033784615654529590) * r + 1.42343711074968357734)
            / (((((((1.05075007164441684324e-9 * r + 0.000547593808499534494600) * r + 0.0151986665636164571966) * r + 0.148103976427480074590) * r
                + 0.689767334985100004550) * r + 1.67638483018380384940) * r + 2.05319162663775882187) * r + 1);
    }

    /// <summary>Natural logarithm of a normal positive number: exponent, and 2·artanh((m − 1) / (m + 1)) of the mantissa m in [√½, √2).</summary>
    internal static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }
        var f = (mantissa - 1) / (mantissa + 1);
        var s = f * f;
        var series = (((((((((s * (1.0 / 21) + 1.0 / 19) * s + 1.0 / 17) * s + 1.0 / 15) * s + 1.0 / 13) * s + 1.0 / 11) * s
            + 1.0 / 9) * s + 1.0 / 7) * s + 1.0 / 5) * s + 1.0 / 3) * s + 1;
        return exponent * 0.69314718055994531 + 2 * f * series;
    }
}

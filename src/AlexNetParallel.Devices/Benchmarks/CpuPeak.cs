using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Devices.Cpu;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>
/// The floating-point peak of one core: fused multiply-adds on registers, with enough independent chains that neither latency nor
/// memory matters. Measured next to each operation, because a processor's clock changes with load, temperature and neighbours.
/// </summary>
public static class CpuPeak
{
    private const int Chains = 12;

    /// <summary>FLOP a second of the calling thread; a multiply-add counts as two.</summary>
    /// <param name="vectorBits">512, 256 or 128: see <see cref="CpuOptions.SupportedVectorBits"/>.</param>
    /// <param name="seconds">About how long to measure.</param>
    public static double Measure(int vectorBits, double seconds = 0.003)
    {
        var rounds = 1 << 14;
        for (; ; rounds *= 2)
        {
            var start = ThreadClock.Seconds();
            var flop = vectorBits switch
            {
                512 => Spin<Simd512, Vector512<float>>(rounds),
                256 => Spin<Simd256, Vector256<float>>(rounds),
                _ => Spin<Simd128, Vector128<float>>(rounds),
            };
            var spent = ThreadClock.Seconds() - start;
            if (spent >= 0.7 * seconds) return flop / spent;
        }
    }

    /// <summary>FLOP done.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static unsafe double Spin<TSimd, V>(int rounds)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var factor = TSimd.Create(0.999f);
        var term = TSimd.Create(1e-3f);
        V a = term, b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (var round = 0; round < rounds; round++)
        {
            a = TSimd.MultiplyAdd(a, factor, term);
            b = TSimd.MultiplyAdd(b, factor, term);
            c = TSimd.MultiplyAdd(c, factor, term);
            d = TSimd.MultiplyAdd(d, factor, term);
            e = TSimd.MultiplyAdd(e, factor, term);
            f = TSimd.MultiplyAdd(f, factor, term);
            g = TSimd.MultiplyAdd(g, factor, term);
            h = TSimd.MultiplyAdd(h, factor, term);
            i = TSimd.MultiplyAdd(i, factor, term);
            j = TSimd.MultiplyAdd(j, factor, term);
            k = TSimd.MultiplyAdd(k, factor, term);
            l = TSimd.MultiplyAdd(l, factor, term);
        }
        // The sums must be used, or the compiler might leave them out.
        var sink = stackalloc float[16];
        TSimd.Store(TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(TSimd.Add(e, f), TSimd.Add(g, h))), sink);
        TSimd.Store(TSimd.Add(TSimd.Load(sink), TSimd.Add(TSimd.Add(i, j), TSimd.Add(k, l))), sink);
        return sink[0] == 0 ? 0 : 2.0 * TSimd.Count * Chains * rounds;
    }
}

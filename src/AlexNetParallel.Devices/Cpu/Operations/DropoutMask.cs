using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// Which of a block's 32 cases keep a unit: word (case mod 32) / 8 of Philox at index unit · 2³² + block · 8 + case mod 8 decides on a case, so that the words of
/// eight counters are the cases in order. Four counters are computed at once, each in a lane of 64 bits.
/// </summary>
internal readonly struct DropoutMask
{
    private readonly uint c2, c3, k0, k1;
    private readonly ulong threshold;

    public DropoutMask(DropoutShape shape, ulong seed, long step)
    {
        (_, _, c2, c3, k0, k1) = Philox.Counter(seed, RandomPurpose.Dropout, shape.Layer, step, 0);
        // Uniform(word) = (word >> 8) / 2^24 < keep, as whole numbers.
        threshold = (ulong)Math.Ceiling((double)shape.Keep * (1 << 24)) << 8;
    }

    /// <summary>Writes 32 words: all bits set where the unit is kept, else none.</summary>
    /// <param name="unit">Global number of the unit.</param>
    /// <param name="block">Case block, numbered in the whole batch.</param>
    /// <param name="mask">32 words.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void Write(uint unit, int block, uint* mask)
    {
        var first = (uint)block * 8;
        var low = Words(unit, Vector256.Create(first, first + 1UL, first + 2UL, first + 3UL));
        var high = Words(unit, Vector256.Create(first + 4UL, first + 5UL, first + 6UL, first + 7UL));
        Kept(low.X, high.X).Store(mask);
        Kept(low.Y, high.Y).Store(mask + 8);
        Kept(low.Z, high.Z).Store(mask + 16);
        Kept(low.W, high.W).Store(mask + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> Kept(Vector256<ulong> low, Vector256<ulong> high)
    {
        var limit = Vector256.Create(threshold);
        return Vector256.Narrow(Vector256.LessThan(low, limit), Vector256.LessThan(high, limit));
    }

    /// <summary>Philox for four counters that differ in their first word; a word stands in the lower half of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector256<ulong> X, Vector256<ulong> Y, Vector256<ulong> Z, Vector256<ulong> W) Words(uint unit, Vector256<ulong> first)
    {
        var lower = Vector256.Create((ulong)uint.MaxValue);
        var (m0, m1) = (Vector256.Create((ulong)Philox.M0), Vector256.Create((ulong)Philox.M1));
        var (x, y, z, w) = (first, Vector256.Create((ulong)unit), Vector256.Create((ulong)c2), Vector256.Create((ulong)c3));
        var (key0, key1) = (k0, k1);
        for (var round = 0; round < Philox.Rounds; round++)
        {
            var p0 = m0 * x;
            var p1 = m1 * z;
            x = (p1 >>> 32) ^ y ^ Vector256.Create((ulong)key0);
            z = (p0 >>> 32) ^ w ^ Vector256.Create((ulong)key1);
            y = p1 & lower;
            w = p0 & lower;
            key0 += Philox.W0;
            key1 += Philox.W1;
        }
        return (x, y, z, w);
    }
}

/// <summary>Training: y = x · mask, test: y = x · keep.</summary>
internal readonly unsafe struct DropoutJob(DropoutShape shape, CpuView x, CpuView y, DropoutMask mask, bool training, Pieces pieces) : IVectorJob
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, first, end) = pieces.Item(item);
        var kept = stackalloc float[CaseBlock.Cases];
        var keep = TSimd.Create(shape.Keep);
        for (var channel = first; channel < end; channel++)
        {
            var unit = (uint)(shape.FirstChannel + channel) * (uint)shape.Pixels;
            for (var row = 0; row < pieces.Height; row++)
            {
                var input = x.Plane(block, channel) + (nint)row * x.RowStride;
                var output = y.Plane(block, channel) + (nint)row * y.RowStride;
                for (var pixel = 0; pixel < pieces.Width; pixel++, unit++, input += CaseBlock.Cases, output += CaseBlock.Cases)
                {
                    if (training) mask.Write(unit, block, (uint*)kept);
                    for (var lane = 0; lane < CaseBlock.Cases; lane += TSimd.Count)
                    {
                        var value = TSimd.Load(input + lane);
                        TSimd.Store(training ? TSimd.And(value, TSimd.Load(kept + lane)) : TSimd.Multiply(value, keep), output + lane);
                    }
                }
            }
        }
    }
}

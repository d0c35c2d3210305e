using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// Softmax of the cases of one vector (an item): p = exp(x − max) / sum, the sum in double precision. Leaves each case's max and sum, from which the
/// loss follows without the logarithm of a p that may be 0.
/// </summary>
internal readonly unsafe struct SoftmaxJob(int channels, CpuView logits, CpuView probabilities, CpuView gradient, bool hasGradient, int cases, BlockRange blocks, double* statistics)
    : IVectorJob
{
    /// <summary>Doubles of each case of the run of blocks: max, sum.</summary>
    public const int Statistics = 2;

    /// <summary>Number of items for vectors of that many floats.</summary>
    public int Items(int vectorFloats) => blocks.Count * CaseBlock.Cases / vectorFloats;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var vectors = CaseBlock.Cases / TSimd.Count;
        var (block, lane) = (blocks.First + item / vectors, item % vectors * TSimd.Count);
        var largest = TSimd.Load(logits.Plane(block, 0) + lane);
        for (var channel = 1; channel < channels; channel++) largest = TSimd.Max(largest, TSimd.Load(logits.Plane(block, channel) + lane));

        var lanes = stackalloc float[TSimd.Count];
        var sums = stackalloc double[TSimd.Count];
        new Span<double>(sums, TSimd.Count).Clear();
        for (var channel = 0; channel < channels; channel++)
        {
            var e = TSimd.Exp(TSimd.Subtract(TSimd.Load(logits.Plane(block, channel) + lane), largest));
            TSimd.Store(e, probabilities.Plane(block, channel) + lane);
            TSimd.Store(e, lanes);
            for (var i = 0; i < TSimd.Count; i++) sums[i] += lanes[i];
        }

        TSimd.Store(largest, lanes);
        var result = statistics + ((long)(block - blocks.First) * CaseBlock.Cases + lane) * Statistics;
        for (var i = 0; i < TSimd.Count; i++) (result[2 * i], result[2 * i + 1]) = (lanes[i], sums[i]);

        for (var i = 0; i < TSimd.Count; i++) lanes[i] = (float)sums[i];
        var total = TSimd.Load(lanes);
        for (var i = 0; i < TSimd.Count; i++) lanes[i] = block * CaseBlock.Cases + lane + i < cases ? 1 : 0;
        var real = TSimd.GreaterThan(TSimd.Load(lanes), TSimd.Zero);
        for (var channel = 0; channel < channels; channel++)
        {
            var p = probabilities.Plane(block, channel) + lane;
            var value = TSimd.Select(real, TSimd.Divide(TSimd.Load(p), total), TSimd.Zero);
            TSimd.Store(value, p);
            if (hasGradient) TSimd.Store(value, gradient.Plane(block, channel) + lane);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// dx_i = dy_i·D_i^−β − 2αβ·x_i·sum of t_j over the maps j whose window holds i, with t_j = dy_j·x_j·D_j^(−β−1) and D computed again from x, which is cheaper
/// than to store and load it. A map's t is kept for as long as windows hold it; dx holds the first term until the second is known.
/// </summary>
internal readonly unsafe struct AcrossMapsInputGradient<TPower>(
    NormalizationShape shape, CpuView x, CpuView dy, CpuView dx, BlockRange blocks, float* scratch) : IVectorJob
    where TPower : struct, IPower
{
    /// <summary>Number of items.</summary>
    public int Items => blocks.Count * AcrossMaps.ItemsOfBlock(shape);

    /// <summary>Floats of scratch memory for each thread: a stretch of zeros, and t of a window's maps.</summary>
    public static long ScratchFloats(NormalizationShape shape) => (long)(shape.Size + 1) * AcrossMaps.Floats;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, row, from, pixels) = AcrossMaps.Item(shape, blocks, item);
        var zeros = scratch + thread * ScratchFloats(shape);
        NativeMemory.Clear(zeros, AcrossMaps.Floats * sizeof(float));
        var kept = zeros + AcrossMaps.Floats;
        var maps = stackalloc float*[shape.Channels + shape.Size];
        AcrossMaps.Locate(shape, x, block, (nint)row * x.RowStride + from * CaseBlock.Cases, zeros, maps);
        var terms = stackalloc float*[shape.Size];
        for (var i = 0; i < shape.Size; i++) terms[i] = zeros;
        var inputGradientOffset = (nint)row * dx.RowStride + from * CaseBlock.Cases;
        var outputGradientOffset = (nint)row * dy.RowStride + from * CaseBlock.Cases;
        var half = shape.Size / 2;
        var floats = pixels * CaseBlock.Cases;
        for (var channel = 0; channel < shape.Channels + half; channel++)
        {
            for (var i = 1; i < shape.Size; i++) terms[i - 1] = terms[i];
            terms[shape.Size - 1] = zeros;
            if (channel < shape.Channels)
            {
                var term = terms[shape.Size - 1] = kept + channel % shape.Size * AcrossMaps.Floats;
                var next = dy.Plane(block, Math.Min(channel + 1, shape.Channels - 1)) + outputGradientOffset;
                Begin<TSimd, V>(maps + channel, dy.Plane(block, channel) + outputGradientOffset, next, term, dx.Plane(block, channel) + inputGradientOffset, floats);
            }
            if (channel >= half) Finish<TSimd, V>(terms, maps[channel], dx.Plane(block, channel - half) + inputGradientOffset, floats);
        }
    }

    /// <summary>t and the first term of dx of one map, while what the next map needs is fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Begin<TSimd, V>(float** window, float* outputGradient, float* nextGradient, float* term, float* inputGradient, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (k, alpha, minusBeta) = (TSimd.Create(shape.K), TSimd.Create(shape.Alpha), TSimd.Create(-shape.Beta));
        var five = shape.Size == 5;
        var p0 = window[0];
        var p1 = window[shape.Size > 1 ? 1 : 0];
        var p2 = window[shape.Size / 2];
        var p3 = window[five ? 3 : 0];
        var p4 = window[five ? 4 : 0];
        var next = window[shape.Size];
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            CacheLines.Prefetch(next + i);
            CacheLines.Prefetch(nextGradient + i);
            var value = TSimd.Load(p2 + i);
            V sum;
            if (five)
            {
                var (a, b, d, e) = (TSimd.Load(p0 + i), TSimd.Load(p1 + i), TSimd.Load(p3 + i), TSimd.Load(p4 + i));
                sum = TSimd.MultiplyAdd(e, e, TSimd.MultiplyAdd(d, d, TSimd.MultiplyAdd(value, value, TSimd.MultiplyAdd(b, b, TSimd.Multiply(a, a)))));
            }
            else
            {
                sum = AcrossMaps.SumOfSquares<TSimd, V>(window, shape.Size, i);
            }
            TPower.Of<TSimd, V>(TSimd.MultiplyAdd(alpha, sum, k), minusBeta, out var power, out var inverse);
            var first = TSimd.Multiply(TSimd.Load(outputGradient + i), power);
            TSimd.Store(first, inputGradient + i);
            TSimd.Store(TSimd.Multiply(TSimd.Multiply(first, value), inverse), term + i);
        }
    }

    /// <summary>dx of one map from its first term and the t of its window.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish<TSimd, V>(float** terms, float* input, float* inputGradient, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var factor = TSimd.Create(2 * shape.Alpha * shape.Beta);
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            var sum = TSimd.Load(terms[0] + i);
            for (var map = 1; map < shape.Size; map++) sum = TSimd.Add(sum, TSimd.Load(terms[map] + i));
            TSimd.Store(TSimd.NegatedMultiplyAdd(TSimd.Multiply(factor, TSimd.Load(input + i)), sum, TSimd.Load(inputGradient + i)), inputGradient + i);
        }
    }
}

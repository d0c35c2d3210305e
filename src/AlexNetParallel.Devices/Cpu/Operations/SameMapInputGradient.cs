using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// The formula of <see cref="AcrossMapsInputGradient{TPower}"/> over a square window of the same map. An item is one plane: (block, channel). Row by row: t of
/// the row that enters the window, kept in a ring of rows, then dx of the row in the window's middle.
/// </summary>
internal readonly unsafe struct SameMapInputGradient<TPower>(
    NormalizationShape shape, CpuView x, CpuView dy, CpuView dx, BlockRange blocks, float* scratch) : IVectorJob
    where TPower : struct, IPower
{
    /// <summary>Number of items.</summary>
    public int Items => blocks.Count * shape.Channels;

    /// <summary>Floats of scratch memory for each thread: a padded row of sums, and the ring.</summary>
    public static long ScratchFloats(NormalizationShape shape) => SameMap.PaddedRow(shape) + (long)shape.Size * shape.Width * CaseBlock.Cases;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, channel) = (blocks.First + item / shape.Channels, item % shape.Channels);
        var input = x.Plane(block, channel);
        var outputGradient = dy.Plane(block, channel);
        var inputGradient = dx.Plane(block, channel);
        var sums = scratch + thread * ScratchFloats(shape);
        NativeMemory.Clear(sums, (nuint)SameMap.PaddedRow(shape) * sizeof(float));
        var ring = sums + SameMap.PaddedRow(shape);
        var half = shape.Size / 2;
        for (var row = 0; row < shape.Height + half; row++)
        {
            if (row < shape.Height)
            {
                SameMap.SquaresDownColumns<TSimd, V>(shape, input, x.RowStride, row, sums);
                var entering = Math.Min(shape.Height - 1, row + 1 + half);
                Begin<TSimd, V>(sums, input + (nint)row * x.RowStride, outputGradient + (nint)row * dy.RowStride,
                    ring + (nint)(row % shape.Size) * shape.Width * CaseBlock.Cases, inputGradient + (nint)row * dx.RowStride,
                    input + (nint)entering * x.RowStride);
            }
            var middle = row - half;
            if (middle < 0) continue;
            SameMap.DownColumns<TSimd, V>(shape, ring, middle, sums);
            var next = (nint)Math.Min(shape.Height - 1, row + 1);
            Finish<TSimd, V>(sums, input + (nint)middle * x.RowStride, inputGradient + (nint)middle * dx.RowStride,
                outputGradient + next * dy.RowStride, inputGradient + next * dx.RowStride);
        }
    }

    /// <summary>t and the first term of dx of one row, while the row of x that enters the next window is fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Begin<TSimd, V>(float* sums, float* input, float* outputGradient, float* term, float* inputGradient, float* entering)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (k, alpha, minusBeta) = (TSimd.Create(shape.K), TSimd.Create(shape.Alpha), TSimd.Create(-shape.Beta));
        var (size, floats) = (shape.Size, (nint)shape.Width * CaseBlock.Cases);
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            CacheLines.Prefetch(entering + i);
            var sum = SameMap.AlongRow<TSimd, V>(size, sums + i);
            TPower.Of<TSimd, V>(TSimd.MultiplyAdd(alpha, sum, k), minusBeta, out var power, out var inverse);
            var first = TSimd.Multiply(TSimd.Load(outputGradient + i), power);
            TSimd.Store(first, inputGradient + i);
            TSimd.Store(TSimd.Multiply(TSimd.Multiply(first, TSimd.Load(input + i)), inverse), term + i);
        }
    }

    /// <summary>dx of one row from its first term and the sums of t, while the rows of dy and dx that come next are fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish<TSimd, V>(float* sums, float* input, float* inputGradient, float* nextOutputGradient, float* nextInputGradient)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var factor = TSimd.Create(2 * shape.Alpha * shape.Beta);
        var (size, floats) = (shape.Size, (nint)shape.Width * CaseBlock.Cases);
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            CacheLines.Prefetch(nextOutputGradient + i);
            CacheLines.Prefetch(nextInputGradient + i);
            var sum = SameMap.AlongRow<TSimd, V>(size, sums + i);
            TSimd.Store(TSimd.NegatedMultiplyAdd(TSimd.Multiply(factor, TSimd.Load(input + i)), sum, TSimd.Load(inputGradient + i)), inputGradient + i);
        }
    }
}

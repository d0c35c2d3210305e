using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// y = x · (k + α · sum of x² over a square window of the same map)^−β. An item is one plane: (block, channel). The sum is taken down the columns
/// of a row of windows, then along the row.
/// </summary>
internal readonly unsafe struct SameMapForward<TPower>(NormalizationShape shape, CpuView x, CpuView y, BlockRange blocks, float* scratch) : IVectorJob
    where TPower : struct, IPower
{
    /// <summary>Number of items.</summary>
    public int Items => blocks.Count * shape.Channels;

    /// <summary>Floats of scratch memory for each thread: a row of sums down columns, with zeros on both sides.</summary>
    public static long ScratchFloats(NormalizationShape shape) => SameMap.PaddedRow(shape);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, channel) = (blocks.First + item / shape.Channels, item % shape.Channels);
        var input = x.Plane(block, channel);
        var output = y.Plane(block, channel);
        var sums = scratch + thread * ScratchFloats(shape);
        NativeMemory.Clear(sums, (nuint)ScratchFloats(shape) * sizeof(float));
        for (var row = 0; row < shape.Height; row++)
        {
            SameMap.SquaresDownColumns<TSimd, V>(shape, input, x.RowStride, row, sums);
            var entering = Math.Min(shape.Height - 1, row + 1 + shape.Size / 2);
            Row<TSimd, V>(sums, input + (nint)row * x.RowStride, output + (nint)row * y.RowStride, input + (nint)entering * x.RowStride);
        }
    }

    /// <summary>y of one row, while the row that enters the next window is fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row<TSimd, V>(float* sums, float* input, float* output, float* entering)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (k, alpha, minusBeta) = (TSimd.Create(shape.K), TSimd.Create(shape.Alpha), TSimd.Create(-shape.Beta));
        var (size, floats) = (shape.Size, (nint)shape.Width * CaseBlock.Cases);
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            CacheLines.Prefetch(entering + i);
            var sum = SameMap.AlongRow<TSimd, V>(size, sums + i);
            TPower.Of<TSimd, V>(TSimd.MultiplyAdd(alpha, sum, k), minusBeta, out var power, out _);
            TSimd.Store(TSimd.Multiply(TSimd.Load(input + i), power), output + i);
        }
    }
}

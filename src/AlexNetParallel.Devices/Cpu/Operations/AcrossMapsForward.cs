using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>y = x · (k + α · sum of x² over neighbouring maps)^−β.</summary>
internal readonly unsafe struct AcrossMapsForward<TPower>(NormalizationShape shape, CpuView x, CpuView y, BlockRange blocks) : IVectorJob
    where TPower : struct, IPower
{
    /// <summary>Number of items.</summary>
    public int Items => blocks.Count * AcrossMaps.ItemsOfBlock(shape);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, row, from, pixels) = AcrossMaps.Item(shape, blocks, item);
        var zeros = stackalloc float[AcrossMaps.Floats];
        NativeMemory.Clear(zeros, AcrossMaps.Floats * sizeof(float));
        var maps = stackalloc float*[shape.Channels + shape.Size];
        AcrossMaps.Locate(shape, x, block, (nint)row * x.RowStride + from * CaseBlock.Cases, zeros, maps);
        var offset = (nint)row * y.RowStride + from * CaseBlock.Cases;
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var output = y.Plane(block, channel) + offset;
            if (shape.Size == 5) Five<TSimd, V>(maps + channel, output, pixels * CaseBlock.Cases);
            else Any<TSimd, V>(maps + channel, output, pixels * CaseBlock.Cases);
        }
    }

    /// <summary>A stretch of one map for a window of five, while the map that enters the next window is fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Five<TSimd, V>(float** window, float* output, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (k, alpha, minusBeta) = (TSimd.Create(shape.K), TSimd.Create(shape.Alpha), TSimd.Create(-shape.Beta));
        var p0 = window[0];
        var p1 = window[1];
        var p2 = window[2];
        var p3 = window[3];
        var p4 = window[4];
        var next = window[5];
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            CacheLines.Prefetch(next + i);
            var (a, b, c, d, e) = (TSimd.Load(p0 + i), TSimd.Load(p1 + i), TSimd.Load(p2 + i), TSimd.Load(p3 + i), TSimd.Load(p4 + i));
            var sum = TSimd.MultiplyAdd(e, e, TSimd.MultiplyAdd(d, d, TSimd.MultiplyAdd(c, c, TSimd.MultiplyAdd(b, b, TSimd.Multiply(a, a)))));
            TPower.Of<TSimd, V>(TSimd.MultiplyAdd(alpha, sum, k), minusBeta, out var power, out _);
            TSimd.Store(TSimd.Multiply(c, power), output + i);
        }
    }

    /// <summary>A stretch of one map for a window of any size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Any<TSimd, V>(float** window, float* output, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (k, alpha, minusBeta) = (TSimd.Create(shape.K), TSimd.Create(shape.Alpha), TSimd.Create(-shape.Beta));
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            var sum = AcrossMaps.SumOfSquares<TSimd, V>(window, shape.Size, i);
            TPower.Of<TSimd, V>(TSimd.MultiplyAdd(alpha, sum, k), minusBeta, out var power, out _);
            TSimd.Store(TSimd.Multiply(TSimd.Load(window[shape.Size / 2] + i), power), output + i);
        }
    }
}

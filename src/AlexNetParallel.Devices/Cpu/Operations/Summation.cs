using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>to = ((source 0 + source 1) + source 2) + …, element by element; a source may be the destination.</summary>
internal static unsafe class Summation
{
    /// <summary>Sums a run of floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSimd, V>(float** sources, int count, float* to, nint floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        nint i = 0;
        if (count == 2)
        {
            var (a, b) = ((nint)sources[0], (nint)sources[1]);
            for (; i + TSimd.Count <= floats; i += TSimd.Count) TSimd.Store(TSimd.Add(TSimd.Load((float*)a + i), TSimd.Load((float*)b + i)), to + i);
        }
        for (; i + TSimd.Count <= floats; i += TSimd.Count)
        {
            var sum = TSimd.Load(sources[0] + i);
            for (var source = 1; source < count; source++) sum = TSimd.Add(sum, TSimd.Load(sources[source] + i));
            TSimd.Store(sum, to + i);
        }
        for (; i < floats; i++)
        {
            var sum = sources[0][i];
            for (var source = 1; source < count; source++) sum += sources[source][i];
            to[i] = sum;
        }
    }
}

/// <summary>The sum of views of the same size.</summary>
internal readonly unsafe struct SumOfTensors(CpuView to, IReadOnlyList<TensorView> sources, Pieces pieces) : IVectorJob
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, first, end) = pieces.Item(item);
        var rows = stackalloc float*[sources.Count];
        for (var channel = first; channel < end; channel++)
        {
            var output = to.Plane(block, channel);
            for (var row = 0; row < pieces.Height; row++, output += to.RowStride)
            {
                for (var i = 0; i < sources.Count; i++)
                {
                    var source = new CpuView(sources[i]);
                    rows[i] = source.Plane(block, channel) + (nint)row * source.RowStride;
                }
                Summation.Run<TSimd, V>(rows, sources.Count, output, (nint)pieces.Width * CaseBlock.Cases);
            }
        }
    }
}

/// <summary>The sum of a range of flat buffers.</summary>
internal readonly unsafe struct SumOfBuffers(CpuBuffer to, IReadOnlyList<DeviceBuffer> sources, long offset, long count) : IVectorJob
{
    private const int FloatsOfItem = 65536;

    /// <summary>Number of items.</summary>
    public static int Items(long count) => (int)((count + FloatsOfItem - 1) / FloatsOfItem);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var first = offset + (long)item * FloatsOfItem;
        var pointers = stackalloc float*[sources.Count];
        for (var i = 0; i < sources.Count; i++) pointers[i] = ((CpuBuffer)sources[i]).Pointer + first;
        Summation.Run<TSimd, V>(pointers, sources.Count, to.Pointer + first, (nint)Math.Min(FloatsOfItem, offset + count - first));
    }
}

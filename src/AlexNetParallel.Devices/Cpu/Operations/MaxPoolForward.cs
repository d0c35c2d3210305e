using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// y = max over a window of x, then the ReLU if asked for. An item is one plane: (block, channel). Reads each input row from memory once, as
/// the rows that neighbouring windows share are still in the first-level cache.
/// </summary>
internal readonly unsafe struct MaxPoolForward(PoolingShape shape, CpuView x, CpuView y, bool relu, BlockRange blocks) : IVectorJob
{
    /// <summary>Number of items.</summary>
    public int Items => blocks.Count * shape.Channels;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (block, channel) = (blocks.First + item / shape.Channels, item % shape.Channels);
        var input = x.Plane(block, channel);
        var output = y.Plane(block, channel);
        for (var oy = 0; oy < shape.OutputHeight; oy++)
        {
            var rows = PoolingWindow.Inputs(oy, shape, shape.InputHeight);
            var row = input + (nint)rows.First * x.RowStride;
            var result = output + (nint)oy * y.RowStride;
            var done = 0;
            if (shape is { Size: 3, Stride: 2, Pad: 0 } && rows.Count == 3)
            {
                done = Math.Min(shape.OutputWidth, (shape.InputWidth - 1) / 2); // the windows that lie wholly in the image
                Row3By2<TSimd, V>(row, x.RowStride, result, done);
            }
            for (var ox = done; ox < shape.OutputWidth; ox++)
            {
                var columns = PoolingWindow.Inputs(ox, shape, shape.InputWidth);
                Window<TSimd, V>(row + columns.First * CaseBlock.Cases, x.RowStride, rows.Count, columns.Count, result + ox * CaseBlock.Cases);
            }
        }
    }

    /// <summary>One output of any window.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Window<TSimd, V>(float* from, nint rowStride, int rows, int columns, float* to)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (var lane = 0; lane < CaseBlock.Cases; lane += TSimd.Count)
        {
            var largest = TSimd.Load(from + lane);
            for (var row = 0; row < rows; row++)
                for (var column = 0; column < columns; column++)
                    largest = TSimd.Max(largest, TSimd.Load(from + row * rowStride + column * CaseBlock.Cases + lane));
            TSimd.Store(Finish<TSimd, V>(largest), to + lane);
        }
    }

    /// <summary>A row of 3×3 windows at every second pixel: the column that two windows share is read once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row3By2<TSimd, V>(float* from, nint rowStride, float* to, int count)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (var lane = 0; lane < CaseBlock.Cases; lane += 2 * TSimd.Count)
        {
            var p = from + lane;
            var q = to + lane;
            var left0 = Column<TSimd, V>(p, rowStride);
            var left1 = Column<TSimd, V>(p + TSimd.Count, rowStride);
            for (var i = 0; i < count; i++, p += 2 * CaseBlock.Cases, q += CaseBlock.Cases)
            {
                var right0 = Column<TSimd, V>(p + 2 * CaseBlock.Cases, rowStride);
                var right1 = Column<TSimd, V>(p + 2 * CaseBlock.Cases + TSimd.Count, rowStride);
                var middle0 = Column<TSimd, V>(p + CaseBlock.Cases, rowStride);
                var middle1 = Column<TSimd, V>(p + CaseBlock.Cases + TSimd.Count, rowStride);
                TSimd.Store(Finish<TSimd, V>(TSimd.Max(TSimd.Max(left0, middle0), right0)), q);
                TSimd.Store(Finish<TSimd, V>(TSimd.Max(TSimd.Max(left1, middle1), right1)), q + TSimd.Count);
                (left0, left1) = (right0, right1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Column<TSimd, V>(float* p, nint rowStride)
        where TSimd : struct, ISimd<V>
        where V : struct =>
        TSimd.Max(TSimd.Max(TSimd.Load(p), TSimd.Load(p + rowStride)), TSimd.Load(p + 2 * rowStride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private V Finish<TSimd, V>(V value)
        where TSimd : struct, ISimd<V>
        where V : struct =>
        relu ? TSimd.Max(TSimd.Zero, value) : value;
}

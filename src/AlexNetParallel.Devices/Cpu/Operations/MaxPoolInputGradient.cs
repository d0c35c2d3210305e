using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// dx[p] = sum of dy[w] over the windows w that cover p and whose maximum is x[p], in ascending order of windows: a gather, so that each dx is written once.
/// With a ReLU after the pooling, y is 0 where nothing passes and the maximum elsewhere. An item is one plane: (block, channel).
/// </summary>
internal readonly unsafe struct MaxPoolInputGradient(
    PoolingShape shape, CpuView x, CpuView y, CpuView dy, CpuView dx, bool relu, BlockRange blocks) : IVectorJob
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
        var outputGradient = dy.Plane(block, channel);
        var inputGradient = dx.Plane(block, channel);
        for (var iy = 0; iy < shape.InputHeight; iy++)
        {
            var windows = PoolingWindow.Outputs(iy, shape, shape.OutputHeight);
            var row = new Row(
                input + (nint)iy * x.RowStride, output + (nint)windows.First * y.RowStride,
                outputGradient + (nint)windows.First * dy.RowStride, inputGradient + (nint)iy * dx.RowStride);
            if (shape is { Size: 3, Stride: 2, Pad: 0, FirstTieOnly: false } && windows.Count == 1) Row3By2<TSimd, V>(row, false);
            else if (shape is { Size: 3, Stride: 2, Pad: 0, FirstTieOnly: false } && windows.Count == 2) Row3By2<TSimd, V>(row, true);
            else Pixels<TSimd, V>(row, iy, windows, 0, shape.InputWidth);
        }
    }

    /// <summary>Where one row of pixels, and the first row of windows that covers it, lie.</summary>
    private readonly struct Row(float* x, float* y, float* dy, float* dx)
    {
        public readonly float* X = x;
        public readonly float* Y = y;
        public readonly float* Dy = dy;
        public readonly float* Dx = dx;
    }

    /// <summary>3×3 windows at every second pixel: pixel 2k lies in windows k−1 and k, pixel 2k+1 in window k; in one row of windows or in two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row3By2<TSimd, V>(Row row, bool two)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        const int Pixel = CaseBlock.Cases;
        var pairs = Math.Min(shape.OutputWidth, shape.InputWidth / 2); // windows k with both pixels 2k and 2k+1
        Pixels<TSimd, V>(row, 0, (0, two ? 2 : 1), 0, Math.Min(2, shape.InputWidth));
        var px = row.X + 2 * Pixel;
        var pd = row.Dx + 2 * Pixel;
        var py = row.Y;
        var pg = row.Dy;
        for (var k = 1; k < pairs; k++, px += 2 * Pixel, pd += 2 * Pixel, py += Pixel, pg += Pixel)
        {
            for (var lane = 0; lane < Pixel; lane += TSimd.Count)
            {
                var even = TSimd.Load(px + lane);
                var odd = TSimd.Load(px + Pixel + lane);
                var (evenSum, oddSum) = Two<TSimd, V>(even, odd, TSimd.Zero, TSimd.Zero, py + lane, pg + lane);
                if (two) (evenSum, oddSum) = Two<TSimd, V>(even, odd, evenSum, oddSum, py + y.RowStride + lane, pg + dy.RowStride + lane);
                TSimd.Store(evenSum, pd + lane);
                TSimd.Store(oddSum, pd + Pixel + lane);
            }
        }
        Pixels<TSimd, V>(row, 0, (0, two ? 2 : 1), Math.Max(2, 2 * pairs), shape.InputWidth);
    }

    /// <summary>What windows k−1 and k of one row of windows give to pixels 2k and 2k+1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (V Even, V Odd) Two<TSimd, V>(V even, V odd, V evenSum, V oddSum, float* largest, float* gradient)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var left = TSimd.Load(largest);
        var right = TSimd.Load(largest + CaseBlock.Cases);
        var leftGradient = Gate<TSimd, V>(left, TSimd.Load(gradient));
        var rightGradient = Gate<TSimd, V>(right, TSimd.Load(gradient + CaseBlock.Cases));
        evenSum = Match<TSimd, V>(Match<TSimd, V>(evenSum, even, left, leftGradient), even, right, rightGradient);
        return (evenSum, Match<TSimd, V>(oddSum, odd, right, rightGradient));
    }

    /// <summary>Pixels from <paramref name="from"/> to before <paramref name="end"/>, for any window and either rule for ties.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pixels<TSimd, V>(Row row, int iy, (int First, int Count) windows, int from, int end)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (var ix = from; ix < end; ix++)
        {
            var columns = PoolingWindow.Outputs(ix, shape, shape.OutputWidth);
            for (var lane = 0; lane < CaseBlock.Cases; lane += TSimd.Count)
            {
                var value = TSimd.Load(row.X + ix * CaseBlock.Cases + lane);
                var sum = TSimd.Zero;
                for (var wy = 0; wy < windows.Count; wy++)
                {
                    for (var ox = columns.First; ox < columns.First + columns.Count; ox++)
                    {
                        var largest = TSimd.Load(row.Y + (nint)wy * y.RowStride + ox * CaseBlock.Cases + lane);
                        var gradient = Gate<TSimd, V>(largest, TSimd.Load(row.Dy + (nint)wy * dy.RowStride + ox * CaseBlock.Cases + lane));
                        if (shape.FirstTieOnly) gradient = WithoutEarlier<TSimd, V>(gradient, largest, row.X + lane, iy, ix, windows.First + wy, ox);
                        sum = Match<TSimd, V>(sum, value, largest, gradient);
                    }
                }
                TSimd.Store(sum, row.Dx + ix * CaseBlock.Cases + lane);
            }
        }
    }

    /// <summary>The window's gradient, or 0 where an earlier pixel of the window, row by row, is its maximum too.</summary>
    private V WithoutEarlier<TSimd, V>(V gradient, V largest, float* rowLane, int iy, int ix, int oy, int ox)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var rows = PoolingWindow.Inputs(oy, shape, shape.InputHeight);
        var columns = PoolingWindow.Inputs(ox, shape, shape.InputWidth);
        for (var qy = rows.First; qy <= iy; qy++)
        {
            var end = qy == iy ? ix : columns.First + columns.Count;
            for (var qx = columns.First; qx < end; qx++)
            {
                var earlier = TSimd.Load(rowLane + (nint)(qy - iy) * x.RowStride + qx * CaseBlock.Cases);
                gradient = TSimd.Select(TSimd.Equals(earlier, largest), TSimd.Zero, gradient);
            }
        }
        return gradient;
    }

    /// <summary>sum + gradient where the pixel is the window's maximum, else sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Match<TSimd, V>(V sum, V pixel, V largest, V gradient)
        where TSimd : struct, ISimd<V>
        where V : struct =>
        TSimd.Select(TSimd.Equals(pixel, largest), TSimd.Add(sum, gradient), sum);

    /// <summary>The gradient before the ReLU.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private V Gate<TSimd, V>(V output, V gradient)
        where TSimd : struct, ISimd<V>
        where V : struct =>
        relu ? TSimd.Select(TSimd.GreaterThan(output, TSimd.Zero), gradient, TSimd.Zero) : gradient;
}

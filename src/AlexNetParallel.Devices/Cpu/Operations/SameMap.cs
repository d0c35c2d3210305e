using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// Sums over a square window of one map, as both passes of response normalisation within a map take them: down the columns of a row of windows into a
/// padded row, whose ends stay 0, then along it. Rows and pixels in ascending order.
/// </summary>
internal static unsafe class SameMap
{
    /// <summary>Floats of a row with half a window of zeros on both sides.</summary>
    public static int PaddedRow(NormalizationShape shape) => (shape.Width + shape.Size - 1) * CaseBlock.Cases;

    /// <summary>The rows of a window round <paramref name="row"/>, clipped to the map.</summary>
    public static (int First, int Last) Rows(NormalizationShape shape, int row) =>
        (Math.Max(0, row - shape.Size / 2), Math.Min(shape.Height - 1, row + shape.Size / 2));

    /// <summary>Sums of squares down the columns of the windows round a row, into the padded row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SquaresDownColumns<TSimd, V>(NormalizationShape shape, float* plane, nint rowStride, int row, float* padded)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (first, last) = Rows(shape, row);
        var rows = last - first + 1;
        var p = plane + first * rowStride;
        var sums = padded + shape.Size / 2 * CaseBlock.Cases;
        var floats = (nint)shape.Width * CaseBlock.Cases;
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            TSimd.Store(rows == 5 ? FiveSquares<TSimd, V>(p + i, rowStride) : Squares<TSimd, V>(p + i, rowStride, rows), sums + i);
        }
    }

    /// <summary>Sums of rows of values, which lie in a ring of <see cref="NormalizationShape.Size"/> rows, into the padded row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DownColumns<TSimd, V>(NormalizationShape shape, float* ring, int row, float* padded)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (first, last) = Rows(shape, row);
        var floats = (nint)shape.Width * CaseBlock.Cases;
        var sums = padded + shape.Size / 2 * CaseBlock.Cases;
        var rows = stackalloc float*[shape.Size];
        for (var y = first; y <= last; y++) rows[y - first] = ring + y % shape.Size * floats;
        if (last - first == 4)
        {
            var (p0, p1, p2, p3, p4) = ((nint)rows[0], (nint)rows[1], (nint)rows[2], (nint)rows[3], (nint)rows[4]);
            for (nint i = 0; i < floats; i += TSimd.Count)
            {
                var sum = TSimd.Add(TSimd.Add(TSimd.Load((float*)p0 + i), TSimd.Load((float*)p1 + i)), TSimd.Load((float*)p2 + i));
                TSimd.Store(TSimd.Add(TSimd.Add(sum, TSimd.Load((float*)p3 + i)), TSimd.Load((float*)p4 + i)), sums + i);
            }
            return;
        }
        for (nint i = 0; i < floats; i += TSimd.Count)
        {
            var sum = TSimd.Load(rows[0] + i);
            for (var y = 1; y <= last - first; y++) sum = TSimd.Add(sum, TSimd.Load(rows[y] + i));
            TSimd.Store(sum, sums + i);
        }
    }

    /// <summary>The sum along a window whose first pixel in the padded row is at <paramref name="p"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V AlongRow<TSimd, V>(int size, float* p)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        const int Pixel = CaseBlock.Cases;
        var sum = TSimd.Load(p);
        if (size == 5)
        {
            sum = TSimd.Add(TSimd.Add(sum, TSimd.Load(p + Pixel)), TSimd.Load(p + 2 * Pixel));
            return TSimd.Add(TSimd.Add(sum, TSimd.Load(p + 3 * Pixel)), TSimd.Load(p + 4 * Pixel));
        }
        for (var pixel = 1; pixel < size; pixel++) sum = TSimd.Add(sum, TSimd.Load(p + pixel * Pixel));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Squares<TSimd, V>(float* p, nint rowStride, int rows)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var sum = TSimd.Zero;
        for (var y = 0; y < rows; y++, p += rowStride)
        {
            var value = TSimd.Load(p);
            sum = TSimd.MultiplyAdd(value, value, sum);
        }
        return sum;
    }

    /// <summary>The same for five rows, without a loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FiveSquares<TSimd, V>(float* p, nint rowStride)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var (a, b, c) = (TSimd.Load(p), TSimd.Load(p + rowStride), TSimd.Load(p + 2 * rowStride));
        var (d, e) = (TSimd.Load(p + 3 * rowStride), TSimd.Load(p + 4 * rowStride));
        return TSimd.MultiplyAdd(e, e, TSimd.MultiplyAdd(d, d, TSimd.MultiplyAdd(c, c, TSimd.MultiplyAdd(b, b, TSimd.Multiply(a, a)))));
    }
}

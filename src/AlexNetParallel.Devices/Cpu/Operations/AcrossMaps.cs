using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// What both passes of response normalisation across maps share. An item is a stretch of pixels of one row and walks through all maps: the stretches of
/// the window's maps stay in the first-level cache, so that memory is read once and written once.
/// </summary>
internal static unsafe class AcrossMaps
{
    /// <summary>Longest stretch in pixels: 2 KiB of each map, so that all in use fit the first-level cache.</summary>
    public const int Stretch = 16;

    /// <summary>Floats of the longest stretch.</summary>
    public const int Floats = Stretch * CaseBlock.Cases;

    /// <summary>Items of one block.</summary>
    public static int ItemsOfBlock(NormalizationShape shape) => shape.Height * StretchesOfRow(shape);

    /// <summary>Block, row, first pixel and number of pixels of an item. A row's stretches are of nearly equal length.</summary>
    public static (int Block, int Row, int From, int Pixels) Item(NormalizationShape shape, BlockRange blocks, int item)
    {
        var stretches = StretchesOfRow(shape);
        var (block, rest) = Math.DivRem(item, ItemsOfBlock(shape));
        var (row, stretch) = Math.DivRem(rest, stretches);
        var from = stretch * shape.Width / stretches;
        return (blocks.First + block, row, from, (stretch + 1) * shape.Width / stretches - from);
    }

    /// <summary>
    /// Where each map's stretch lies, from map −half to map Channels + half + 1: outside the tower there are zeros. The window of map c begins at element c.
    /// </summary>
    public static void Locate(NormalizationShape shape, CpuView view, int block, nint offset, float* zeros, float** maps)
    {
        var half = shape.Size / 2;
        for (var i = 0; i < shape.Channels + shape.Size; i++)
            maps[i] = i >= half && i - half < shape.Channels ? view.Plane(block, i - half) + offset : zeros;
    }

    /// <summary>Sum over a window of maps of the square of each value, at one vector; maps in ascending order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SumOfSquares<TSimd, V>(float** window, int size, nint i)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var sum = TSimd.Zero;
        for (var map = 0; map < size; map++)
        {
            var value = TSimd.Load(window[map] + i);
            sum = TSimd.MultiplyAdd(value, value, sum);
        }
        return sum;
    }

    private static int StretchesOfRow(NormalizationShape shape) => (shape.Width + Stretch - 1) / Stretch;
}

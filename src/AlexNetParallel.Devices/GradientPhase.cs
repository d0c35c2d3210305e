using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices;

/// <summary>
/// The input gradient of a convolution with stride s falls into s·s phases: input pixels (Row + s·j, Column + s·i) are reached by the same taps of the
/// kernel, and their gradient is a convolution with stride 1 of the output's gradient with those taps, turned. Stride 1 has one phase.
/// </summary>
internal sealed class GradientPhase
{
    private readonly int stride;
    private readonly int firstKernelRow;
    private readonly int firstKernelColumn;

    private GradientPhase(ConvolutionShape shape, int row, int column)
    {
        (Row, Column, stride) = (row, column, shape.Stride);
        Rows = (shape.InputHeight - row + stride - 1) / stride;
        Columns = (shape.InputWidth - column + stride - 1) / stride;
        // Input row y is read by output row o through kernel row k where o·s + k = y + pad: k ≡ y + pad (mod s).
        firstKernelRow = (row + shape.PadTop) % stride;
        firstKernelColumn = (column + shape.PadLeft) % stride;
        TapRows = (shape.KernelHeight - firstKernelRow + stride - 1) / stride;
        TapColumns = (shape.KernelWidth - firstKernelColumn + stride - 1) / stride;
        TapRows = Math.Max(TapRows, 0);
        TapColumns = Math.Max(TapColumns, 0);
        // The last of these kernel rows, the first once turned, meets the phase's first pixel at this output row.
        OutputRow = (row + shape.PadTop - firstKernelRow) / stride - (TapRows - 1);
        OutputColumn = (column + shape.PadLeft - firstKernelColumn) / stride - (TapColumns - 1);
    }

    /// <summary>First input row.</summary>
    public int Row { get; }

    /// <summary>First input column.</summary>
    public int Column { get; }

    /// <summary>Number of input rows.</summary>
    public int Rows { get; }

    /// <summary>Number of input columns.</summary>
    public int Columns { get; }

    /// <summary>Rows of the kernel that reach these pixels.</summary>
    public int TapRows { get; }

    /// <summary>Columns of the kernel that reach these pixels.</summary>
    public int TapColumns { get; }

    /// <summary>Row of the output's gradient under the first turned tap at the phase's first pixel; may be negative: in the border.</summary>
    public int OutputRow { get; }

    /// <summary>Column of the output's gradient under the first turned tap at the phase's first pixel; may be negative.</summary>
    public int OutputColumn { get; }

    /// <summary>Row of the kernel of a turned tap.</summary>
    public int KernelRow(int tapRow) => firstKernelRow + (TapRows - 1 - tapRow) * stride;

    /// <summary>Column of the kernel of a turned tap.</summary>
    public int KernelColumn(int tapColumn) => firstKernelColumn + (TapColumns - 1 - tapColumn) * stride;

    /// <summary>The phases that have pixels.</summary>
    public static GradientPhase[] Of(ConvolutionShape shape) =>
    [
        .. from row in Enumerable.Range(0, Math.Min(shape.Stride, shape.InputHeight))
           from column in Enumerable.Range(0, Math.Min(shape.Stride, shape.InputWidth))
           select new GradientPhase(shape, row, column),
    ];

    /// <summary>Border of the output's gradient that all phases together reach into.</summary>
    public static Border BorderOf(ConvolutionShape shape, GradientPhase[] phases)
    {
        var border = Border.None;
        foreach (var p in phases)
        {
            if (p.TapRows == 0 || p.TapColumns == 0) continue;
            border = new Border(
                Math.Max(border.Top, -p.OutputRow), Math.Max(border.Left, -p.OutputColumn),
                Math.Max(border.Bottom, p.OutputRow + p.Rows - 1 + p.TapRows - shape.OutputHeight),
                Math.Max(border.Right, p.OutputColumn + p.Columns - 1 + p.TapColumns - shape.OutputWidth));
        }
        return border;
    }
}

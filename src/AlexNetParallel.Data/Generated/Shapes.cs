using System.Runtime.CompilerServices;

namespace AlexNetParallel.Data.Generated;

/// <summary>What the built-in images show. In the order of their names, so that labels are the same when they are read back from folders.</summary>
internal enum Shape
{
    Checkerboard,
    Cross,
    Disc,
    Dots,
    Frame,
    HorizontalStripes,
    Ring,
    Square,
    Triangle,
    VerticalStripes,
}

/// <summary>One figure: its kind, place, size, small turn, and for patterns their period, phase and outline.</summary>
/// <param name="Shape">What it is.</param>
/// <param name="X">Centre, pixels.</param>
/// <param name="Y">Centre, pixels.</param>
/// <param name="Radius">Half its size, pixels.</param>
/// <param name="Cosine">Of the turn.</param>
/// <param name="Sine">Of the turn.</param>
/// <param name="Period">Of a pattern, pixels.</param>
/// <param name="PhaseX">Of a pattern, periods.</param>
/// <param name="PhaseY">Of a pattern, periods.</param>
/// <param name="SquareOutline">A pattern ends at a square instead of a circle.</param>
internal readonly record struct Figure(
    Shape Shape, double X, double Y, double Radius, double Cosine, double Sine, double Period, double PhaseX, double PhaseY, bool SquareOutline)
{
    /// <summary>False where <see cref="Cover"/> is 0 for sure.</summary>
    public bool Reaches(double x, double y) => Math.Abs(x - X) < 2 * Radius + 1 && Math.Abs(y - Y) < 2 * Radius + 1;

    /// <summary>
    /// How much of a pixel the figure covers, 0 to 1. Only sums, products, comparisons and square roots: the same bits on every machine.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Cover(double x, double y)
    {
        var u = Cosine * (x - X) + Sine * (y - Y);
        var v = Cosine * (y - Y) - Sine * (x - X);
        return Math.Clamp(Depth(u, v) + 0.5, 0, 1);
    }

    /// <summary>About how far inside its edge a point of the figure's own axes lies, pixels; negative outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Depth(double u, double v)
    {
        var circle = Math.Sqrt(u * u + v * v);
        var square = Math.Max(Math.Abs(u), Math.Abs(v));
        var outline = SquareOutline ? Radius - square : 1.15 * Radius - circle;
        return Shape switch
        {
            Shape.Disc => Radius - circle,
            Shape.Ring => 0.2 * Radius - Math.Abs(circle - 0.8 * Radius),
            Shape.Square => 0.9 * Radius - square,
            Shape.Frame => 0.18 * Radius - Math.Abs(square - 0.75 * Radius),
            Shape.Triangle => 0.6 * Radius - Math.Max(v, Math.Max(-0.8660254 * u, 0.8660254 * u) - 0.5 * v),
            Shape.Cross => Math.Max(Bar(u, v), Bar(v, u)),
            Shape.HorizontalStripes => Math.Min(outline, Wave(v, PhaseY)),
            Shape.VerticalStripes => Math.Min(outline, Wave(u, PhaseX)),
            Shape.Checkerboard => Math.Min(outline, 4 / Period * Wave(u, PhaseX) * Wave(v, PhaseY)),
            _ => Math.Min(outline, 0.32 * Period - Math.Sqrt(Square(Node(u, PhaseX)) + Square(Node(v, PhaseY)))),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Bar(double along, double across) => Math.Min(Radius - Math.Abs(along), 0.28 * Radius - Math.Abs(across));

    /// <summary>A triangle wave between −Period/4 and Period/4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Wave(double t, double phase) => Math.Abs(Node(t, phase)) - Period / 4;

    /// <summary>Distance to the nearest multiple of the period, with its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Node(double t, double phase)
    {
        var turns = t / Period + phase;
        return (turns - Math.Floor(turns + 0.5)) * Period;
    }

    private static double Square(double x) => x * x;
}

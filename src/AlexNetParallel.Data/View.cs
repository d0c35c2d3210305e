namespace AlexNetParallel.Data;

/// <summary>
/// The part of an image that the network sees at test. The paper (section 4.1) and the 2012 program (MultiviewTestWorker): the four corners and the centre, and their mirror images.
/// </summary>
/// <param name="Row">Where the view lies in the rows left over: 0 first, 1 middle, 2 last.</param>
/// <param name="Column">Where it lies in the columns left over.</param>
/// <param name="Mirror">Left and right are exchanged.</param>
public readonly record struct View(int Row, int Column, bool Mirror)
{
    /// <summary>The centre, not mirrored: what tests during training see.</summary>
    public static View Centre => new(1, 1, false);

    /// <summary>The centre alone.</summary>
    public static IReadOnlyList<View> One { get; } = [Centre];

    /// <summary>The centre and its mirror image.</summary>
    public static IReadOnlyList<View> Two { get; } = [Centre, Centre with { Mirror = true }];

    /// <summary>Ten views, in the 2012 program's order: five places, then the same mirrored.</summary>
    public static IReadOnlyList<View> Ten { get; } =
    [
        new(0, 0, false), new(0, 2, false), Centre, new(2, 0, false), new(2, 2, false),
        new(0, 0, true), new(0, 2, true), new(1, 1, true), new(2, 0, true), new(2, 2, true),
    ];

    /// <summary>First row of the view.</summary>
    /// <param name="room">Rows of the image less rows of the view.</param>
    public int Top(int room) => Row * room / 2;

    /// <summary>First column of the view.</summary>
    /// <param name="room">Columns of the image less columns of the view.</param>
    public int Left(int room) => Column * room / 2;
}

namespace AlexNetParallel.Devices.Cpu;

/// <summary>Outputs (kernels or units) cut into panels of 32; the last one may be narrower, or wider where that is allowed.</summary>
/// <param name="outputs">Number of outputs.</param>
/// <param name="widest">Widest panel allowed, 32 or more: the last one takes up what would be too little for a panel of its own.</param>
internal readonly struct Panels(int outputs, int widest = Panels.Width)
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 32;

    /// <summary>Number of panels.</summary>
    public int Count { get; } = Math.Max(1, (outputs - (widest - Width) + Width - 1) / Width);

    /// <summary>Number of panels with all 32 outputs.</summary>
    public int FullCount => outputs / Width;

    /// <summary>Outputs of one panel.</summary>
    public int WidthOf(int panel) => panel < Count - 1 ? Width : outputs - panel * Width;
}

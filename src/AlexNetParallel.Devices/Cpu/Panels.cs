namespace AlexNetParallel.Devices.Cpu;

/// <summary>Outputs (kernels or units) cut into panels of 32; the last one may be narrower.</summary>
/// <param name="outputs">Number of outputs.</param>
internal readonly struct Panels(int outputs)
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 32;

    /// <summary>Number of panels.</summary>
    public int Count { get; } = (outputs + Width - 1) / Width;

    /// <summary>Number of panels with all 32 outputs.</summary>
    public int FullCount => outputs / Width;

    /// <summary>Outputs of one panel.</summary>
    public int WidthOf(int panel) => Math.Min(Width, outputs - panel * Width);
}

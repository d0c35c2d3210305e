namespace AlexNetParallel.Model.Networks;

/// <summary>What happens where windows do not fit the image exactly.</summary>
public enum Rounding
{
    /// <summary>One more window, which overhangs to the right and below: the 2012 program (layer.py).</summary>
    Up,
    /// <summary>Pixels that do not fill a window are left out (PyTorch's default).</summary>
    Down,
}

/// <summary>How many windows lie side by side over an image.</summary>
public static class OutputSize
{
    /// <summary>
    /// Number of windows: 1 + (input + 2·pad − size) / stride, rounded. Rounded up, the last window may reach past the image, but a window that
    /// would begin past the image and its border is left out (it does not occur where size ≥ stride).
    /// </summary>
    /// <param name="input">Pixels of the image's side.</param>
    /// <param name="size">Pixels of the window's side, at most input + 2·pad.</param>
    /// <param name="stride">Pixels from a window to the next.</param>
    /// <param name="pad">Border on either side.</param>
    /// <param name="rounding">What happens to the rest.</param>
    public static int Of(int input, int size, int stride, int pad, Rounding rounding)
    {
        var room = input + 2 * pad - size;
        var windows = 1 + (rounding == Rounding.Up ? (room + stride - 1) / stride : room / stride);
        return (windows - 1) * stride < input + 2 * pad ? windows : windows - 1;
    }

    /// <summary>How a layer's size was rounded: up unless only down gives it.</summary>
    /// <param name="layer">A layer with windows.</param>
    /// <param name="size">Pixels of the window's side.</param>
    /// <param name="stride">Pixels from a window to the next.</param>
    /// <param name="pad">Border on either side.</param>
    internal static Rounding RoundingOf(Layer layer, int size, int stride, int pad) =>
        Of(layer.Input.Height, size, stride, pad, Rounding.Up) == layer.Output.Height
        && Of(layer.Input.Width, size, stride, pad, Rounding.Up) == layer.Output.Width ? Rounding.Up : Rounding.Down;
}

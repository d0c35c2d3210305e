using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Operations;

/// <summary>
/// Sizes of one convolution as one tower's piece computes it: cross-correlation (no kernel flip),
/// y[f,oy,ox] = b[f] + sum over c,ky,kx of w[c,ky,kx,f] * x[c, oy*Stride - PadTop + ky, ox*Stride - PadLeft + kx],
/// pixels outside the image being 0. Windows may overhang to the right and below (conv1 of net 145: 3 pixels).
/// </summary>
/// <param name="InputChannels">Channels read.</param>
/// <param name="InputHeight">Rows of the input.</param>
/// <param name="InputWidth">Pixels of an input row.</param>
/// <param name="Kernels">Output channels.</param>
/// <param name="KernelHeight">Rows of a kernel.</param>
/// <param name="KernelWidth">Pixels of a kernel's row.</param>
/// <param name="Stride">Pixels from a window to the next.</param>
/// <param name="PadTop">Zero rows above the image.</param>
/// <param name="PadLeft">Zero pixels left of the image.</param>
/// <param name="OutputHeight">Rows of the output.</param>
/// <param name="OutputWidth">Pixels of an output row.</param>
public sealed record ConvolutionShape(
    int InputChannels, int InputHeight, int InputWidth,
    int Kernels, int KernelHeight, int KernelWidth, int Stride, int PadTop, int PadLeft,
    int OutputHeight, int OutputWidth)
{
    /// <summary>Weights of one kernel: InputChannels * KernelHeight * KernelWidth.</summary>
    public int FanIn => InputChannels * KernelHeight * KernelWidth;

    /// <summary>Number of weights.</summary>
    public long Weights => (long)FanIn * Kernels;

    /// <summary>Multiply-adds of the forward pass for one image.</summary>
    public long MultiplyAdds => Weights * OutputHeight * OutputWidth;

    /// <summary>Border that the input must be stored with, so that every window lies in memory.</summary>
    public Border InputBorder => new(PadTop, PadLeft,
        Math.Max(0, (OutputHeight - 1) * Stride + KernelHeight - PadTop - InputHeight),
        Math.Max(0, (OutputWidth - 1) * Stride + KernelWidth - PadLeft - InputWidth));

    /// <summary>
    /// Border that the output's gradient must be stored with for the input gradient of a convolution with stride 1, which is a
    /// convolution of it with turned kernels. None for larger strides, whose input gradient does not need it.
    /// </summary>
    public Border OutputGradientBorder => Stride != 1 ? Border.None : new(
        KernelHeight - 1 - PadTop, KernelWidth - 1 - PadLeft,
        Math.Max(0, InputHeight + PadTop - OutputHeight), Math.Max(0, InputWidth + PadLeft - OutputWidth));
}

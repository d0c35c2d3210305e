using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>What memory is used for while an operation runs: what is in use at the same time has different names.</summary>
internal enum ScratchUse
{
    /// <summary>Parts of a convolution's weight gradient.</summary>
    Partials,
    /// <summary>A fully connected layer's inputs as a matrix.</summary>
    Inputs,
    /// <summary>Its outputs, or their gradient, as a matrix.</summary>
    Outputs,
    /// <summary>Gradient of biases that are not kept.</summary>
    BiasGradient,
    /// <summary>Terms of a response normalisation's gradient.</summary>
    Terms,
    /// <summary>Labels of the cases.</summary>
    Labels,
    /// <summary>Loss and credits of the cases.</summary>
    Losses,
}

/// <summary>
/// How many floats of scratch memory each operation needs: functions of sizes alone, so that the memory of a plan is known before anything is allocated. The
/// numbers of parts are part of the kernels' contract (kernels/README.md): they fix the order of sums.
/// </summary>
internal static class CudaScratch
{
    /// <summary>Doubles for each case: loss, 1 − top-1 credit, 1 − top-5 credit.</summary>
    public const int LossNumbers = 3;

    /// <summary>Parts into which the pixels of a weight gradient are cut, so that a device has enough blocks of threads.</summary>
    public static int Parts(ConvolutionShape shape)
    {
        var tiles = Ceiling(shape.FanIn, 128) * Ceiling(shape.Kernels, 64);
        return (int)Math.Min(64, Math.Min((long)shape.OutputHeight * shape.OutputWidth, Ceiling(160, tiles)));
    }

    /// <summary>Parts into which the summed index of a matrix product is cut.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="summed">Length of the sums.</param>
    public static int Parts(int rows, int summed) => (int)Math.Min(16, Math.Clamp(Ceiling(264, Ceiling(rows, 64)), 1, Math.Max(1, summed / 256)));

    /// <summary>Floats of <see cref="ScratchUse.Partials"/>.</summary>
    public static long Partials(ConvolutionShape shape, int blocks) => shape.Weights * Parts(shape) * blocks;

    /// <summary>Floats of <see cref="ScratchUse.Inputs"/> for the forward pass and the weight gradient.</summary>
    public static long Inputs(FullyConnectedShape shape, int blocks) => (long)shape.Inputs * blocks * CaseBlock.Cases;

    /// <summary>Floats of <see cref="ScratchUse.Outputs"/> for one matrix without parts.</summary>
    public static long Outputs(FullyConnectedShape shape, int blocks) => (long)shape.Outputs * blocks * CaseBlock.Cases;

    /// <summary>Floats of <see cref="ScratchUse.Terms"/>; 0 where one pass does.</summary>
    public static long Terms(NormalizationShape shape, int blocks) =>
        IsOnePass(shape) ? 0 : (long)shape.Channels * shape.Height * shape.Width * blocks * CaseBlock.Cases;

    /// <summary>True where the gradient needs no terms in memory.</summary>
    public static bool IsOnePass(NormalizationShape shape) => shape is { Kind: NormalizationKind.AcrossMaps, Size: 5 };

    /// <summary>Floats of <see cref="ScratchUse.Losses"/>.</summary>
    public static long Losses(int blocks) => (long)blocks * CaseBlock.Cases * LossNumbers * (sizeof(double) / sizeof(float));

    private static long Ceiling(long dividend, long divisor) => (dividend + divisor - 1) / divisor;
}

using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>Convolutions: implicit matrix products, without a buffer of unrolled windows.</summary>
public sealed unsafe partial class CudaDevice
{
    private const string Taps = "conv_taps";
    private const string Pack = "conv_pack";

    /// <inheritdoc/>
    public DeviceParameters CreateParameters(ConvolutionShape shape, DeviceBuffer? gradients = null) => new CudaConvolutionParameters(this, shape, gradients);

    /// <inheritdoc/>
    public void ConvolutionForward(ConvolutionShape shape, TensorView x, DeviceParameters parameters, TensorView y, Neuron neuron, BlockRange blocks)
    {
        var own = ConvolutionParameters(shape, parameters);
        var (from, to) = (View(x, nameof(x), shape.InputChannels, shape.InputHeight, shape.InputWidth, blocks, shape.InputBorder), View(y, nameof(y), shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks));
        if (blocks.IsEmpty) return;
        Context.MakeCurrent();
        var variant = variants.Choose(CudaVariants.Taps, shape.Kernels, shape);
        LaunchTaps(variant, FirstWindow(shape, from), from.BlockStride, shape.Stride * from.RowStride, shape.Stride * CaseBlock.Cases,
            TapTable(x, shape.KernelHeight, shape.KernelWidth), 0, 0, 0, shape.FanIn, own.Weights, own.Biases,
            to.Origin, to.BlockStride, to.Channels, to.RowStride, CaseBlock.Cases, shape.Kernels, shape.OutputHeight, shape.OutputWidth, neuron, blocks);
    }

    /// <inheritdoc/>
    public void ConvolutionInputGradient(ConvolutionShape shape, TensorView dy, DeviceParameters parameters, TensorView dx, BlockRange blocks)
    {
        var own = ConvolutionParameters(shape, parameters);
        var (from, to) = (View(dy, nameof(dy), shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks), View(dx, nameof(dx), shape.InputChannels, shape.InputHeight, shape.InputWidth, blocks));
        if (blocks.IsEmpty) return;
        Context.MakeCurrent();
        var packed = PackedWeights(own);
        foreach (var phase in own.Phases)
        {
            var output = to.Origin + (nint)((phase.Row * to.RowStride + phase.Column * CaseBlock.Cases) * sizeof(float));
            var (rowStep, pixelStep) = (shape.Stride * to.RowStride, shape.Stride * CaseBlock.Cases);
            var taps = phase.TapRows * phase.TapColumns;
            if (taps == 0)
            {
                // Input pixels that no window reaches have no gradient.
                var clear = default(KernelArguments);
                clear.Add(output).Add(to.BlockStride).Add(to.Channels).Add(rowStep).Add(pixelStep).Add(shape.InputChannels).Add(phase.Rows).Add(phase.Columns);
                LaunchUnits(Pack, "clear_phase", (long)shape.InputChannels * phase.Rows * phase.Columns, blocks, ref clear);
                continue;
            }
            var bordered = HasBorder(dy.Layout.Border, own.GradientBorder);
            var variant = bordered ? variants.Choose(CudaVariants.Taps, shape.InputChannels, own.GradientKey) : CudaVariants.Taps[^1];
            if (!bordered) variants.Tell(variant, shape);
            var input = from.Origin + (nint)((phase.OutputRow * from.RowStride + phase.OutputColumn * CaseBlock.Cases) * sizeof(float));
            LaunchTaps(variant, input, from.BlockStride, from.RowStride, CaseBlock.Cases,
                TapTable(dy, phase.TapRows, phase.TapColumns), bordered ? 0 : PlaceTable(dy.Channels, phase), shape.OutputHeight, shape.OutputWidth,
                shape.Kernels * taps, packed, 0, output, to.BlockStride, to.Channels, rowStep, pixelStep,
                shape.InputChannels, phase.Rows, phase.Columns, Neuron.None, blocks);
            packed += (nint)((long)taps * shape.Kernels * shape.InputChannels * sizeof(float));
        }
    }

    /// <inheritdoc/>
    public void ConvolutionWeightGradient(ConvolutionShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks, bool first)
    {
        var own = ConvolutionParameters(shape, parameters);
        var (input, gradient) = (View(x, nameof(x), shape.InputChannels, shape.InputHeight, shape.InputWidth, blocks, shape.InputBorder), View(dy, nameof(dy), shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks));
        if (blocks.IsEmpty) return;
        Context.MakeCurrent();
        var (variant, parts) = (variants.Choose(CudaVariants.WeightGradient, shape.Kernels, shape), CudaScratch.Parts(shape));
        var partials = Scratch(ScratchUse.Partials, CudaScratch.Partials(shape, blocks.Count));
        var arguments = default(KernelArguments);
        arguments.Add(FirstWindow(shape, input)).Add(input.BlockStride).Add(shape.Stride * input.RowStride).Add(shape.Stride * CaseBlock.Cases)
            .Add(TapTable(x, shape.KernelHeight, shape.KernelWidth)).Add(shape.FanIn)
            .Add(gradient.Origin).Add(gradient.BlockStride).Add(gradient.Channels).Add(gradient.RowStride).Add(shape.Kernels)
            .Add(shape.OutputHeight).Add(shape.OutputWidth).Add(parts).Add(partials);
        Launch("conv_weight_gradient", variant.Name, (Ceiling(shape.FanIn, variant.TileM), Ceiling(shape.Kernels, variant.TileN), (long)blocks.Count * parts), (variant.Threads, 1), ref arguments);
        var sum = default(KernelArguments);
        sum.Add(partials).Add(parts).Add(blocks.Count).Add(own.WeightCount).Add(own.WeightGradient).Add(first ? 1 : 0);
        Launch("conv_weight_gradient", "conv_weight_gradient_sum", (Ceiling(own.WeightCount, Threads), 1, 1), (Threads, 1), ref sum);
        BiasGradient(gradient, shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks, own.BiasGradient, first);
    }

    private void BiasGradient(KernelView dy, int channels, int height, int width, BlockRange blocks, nint gradient, bool first)
    {
        var arguments = default(KernelArguments);
        arguments.Add(dy).Add(height).Add(width).Add(blocks.Count).Add(gradient).Add(first ? 1 : 0);
        Launch("bias_gradient", "bias_gradient", (channels, 1, 1), (Threads, 1), ref arguments);
    }

    private void LaunchTaps(CudaVariant variant, nint input, long inputBlockStride, int inputRowStep, int inputPixelStep, nint taps, nint places, int placesHeight, int placesWidth,
        int summed, nint weights, nint bias, nint output, long outputBlockStride, nint outputChannels, int outputRowStep, int outputPixelStep, int channels, int rows, int columns,
        Neuron neuron, BlockRange blocks)
    {
        var arguments = default(KernelArguments);
        arguments.Add(input).Add(inputBlockStride).Add(inputRowStep).Add(inputPixelStep).Add(taps).Add(places).Add(placesHeight).Add(placesWidth)
            .Add(summed).Add(weights).Add(bias).Add(output).Add(outputBlockStride).Add(outputChannels).Add(outputRowStep).Add(outputPixelStep)
            .Add(channels).Add(rows).Add(columns).Add((int)neuron);
        Launch(Taps, variant.Name, (Ceiling((long)rows * columns, variant.TileN), Ceiling(channels, variant.TileM), blocks.Count), (variant.Threads, 1), ref arguments);
    }

    /// <summary>The weights in the order of the input gradient: for each phase (kernel, tap), input channel. Made again when the weights have changed.</summary>
    private nint PackedWeights(CudaConvolutionParameters own)
    {
        if (!own.IsPackedStale) return own.Packed;
        var (shape, packed) = (own.Shape, own.Packed);
        foreach (var phase in own.Phases)
        {
            var taps = phase.TapRows * phase.TapColumns;
            if (taps == 0) continue;
            var table = HostTable(taps);
            for (var tap = 0; tap < taps; tap++)
                table[tap] = phase.KernelRow(tap / phase.TapColumns) * shape.KernelWidth + phase.KernelColumn(tap % phase.TapColumns);
            var arguments = default(KernelArguments);
            arguments.Add(own.Weights).Add(tables.Of<int>(table)).Add(taps).Add(shape.KernelHeight * shape.KernelWidth).Add(shape.InputChannels).Add(shape.Kernels).Add(packed);
            Launch(Pack, "pack_gradient_weights", (Ceiling(shape.Kernels, 32), Ceiling(shape.InputChannels, 32), taps), (32, 8), ref arguments);
            packed += (nint)((long)taps * shape.Kernels * shape.InputChannels * sizeof(float));
        }
        own.IsPackedStale = false;
        return own.Packed;
    }

    /// <summary>Row and column of each tap of a phase, for each kernel: the taps that fall outside the output's gradient count as 0.</summary>
    private nint PlaceTable(int kernels, GradientPhase phase)
    {
        var taps = phase.TapRows * phase.TapColumns;
        var table = HostTable(kernels * taps);
        for (var i = 0; i < table.Length; i++)
        {
            var (row, column) = (phase.OutputRow + i % taps / phase.TapColumns, phase.OutputColumn + i % phase.TapColumns);
            table[i] = (row << 16) | (column & 0xffff);
        }
        return tables.Of<int>(table);
    }

    /// <summary>Where the window of output pixel (0,0) begins: in the border, where there is padding.</summary>
    private static nint FirstWindow(ConvolutionShape shape, KernelView x) => x.Origin - (nint)((shape.PadTop * x.RowStride + shape.PadLeft * CaseBlock.Cases) * sizeof(float));

    private static bool HasBorder(Border has, Border needs) => has.Top >= needs.Top && has.Left >= needs.Left && has.Bottom >= needs.Bottom && has.Right >= needs.Right;

    private CudaConvolutionParameters ConvolutionParameters(ConvolutionShape shape, DeviceParameters parameters)
    {
        if (parameters is not CudaConvolutionParameters own || own.Device != this) throw new ArgumentException("these are not parameters of a convolution on this device", nameof(parameters));
        if (own.Shape != shape) throw new ArgumentException($"the parameters are for {own.Shape}, the operation is {shape}", nameof(parameters));
        return own;
    }
}

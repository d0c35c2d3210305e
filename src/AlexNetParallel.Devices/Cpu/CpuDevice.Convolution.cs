using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>Convolutions: direct, without a buffer of unrolled windows.</summary>
public sealed unsafe partial class CpuDevice
{
    private readonly CpuKernels kernels;

    /// <inheritdoc/>
    public DeviceParameters CreateParameters(ConvolutionShape shape, DeviceBuffer? gradients = null) =>
        new CpuConvolutionParameters(this, shape, kernels.LargestTile, gradients);

    /// <inheritdoc/>
    public void ConvolutionForward(ConvolutionShape shape, TensorView x, DeviceParameters parameters, TensorView y, Neuron neuron, BlockRange blocks)
    {
        var own = ConvolutionParameters(shape, parameters);
        Check(x, shape.InputChannels, shape.InputHeight, shape.InputWidth, blocks, shape.InputBorder);
        Check(y, shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks);
        if (blocks.IsEmpty) return;
        var parts = PartsPerBlock(shape.OutputHeight);
        team.Run(new TapPass
        {
            Kernels = kernels,
            Input = BlockPointer(x, blocks.First) + BorderOffset(x.Layout) - shape.PadTop * x.Layout.RowStride - shape.PadLeft * CaseBlock.Cases,
            InputBlockStride = x.Layout.BlockStride,
            InputRowStep = shape.Stride * x.Layout.RowStride,
            InputPixelStep = shape.Stride * CaseBlock.Cases,
            Offsets = TapOffsets(x, shape.KernelHeight, shape.KernelWidth),
            Channels = shape.InputChannels,
            TapsPerChannel = shape.KernelHeight * shape.KernelWidth,
            Weights = own.ForwardWeights(),
            Bias = own.Biases,
            Tiles = own.KernelTiles,
            Output = BlockPointer(y, blocks.First) + BorderOffset(y.Layout),
            OutputOffsets = ChannelOffsets(y, ScratchUse.OutputOffsets),
            OutputBlockStride = y.Layout.BlockStride,
            OutputRowStep = y.Layout.RowStride,
            OutputPixelStep = CaseBlock.Cases,
            Rows = shape.OutputHeight,
            Columns = shape.OutputWidth,
            Neuron = neuron,
            Parts = parts,
        }, blocks.Count * parts);
    }

    /// <inheritdoc/>
    public void ConvolutionInputGradient(ConvolutionShape shape, TensorView dy, DeviceParameters parameters, TensorView dx, BlockRange blocks)
    {
        var own = ConvolutionParameters(shape, parameters);
        Check(dy, shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks);
        Check(dx, shape.InputChannels, shape.InputHeight, shape.InputWidth, blocks);
        if (blocks.IsEmpty) return;
        var (has, needs) = (dy.Layout.Border, own.GradientBorder);
        if (has.Top >= needs.Top && has.Left >= needs.Left && has.Bottom >= needs.Bottom && has.Right >= needs.Right)
        {
            InputGradient(own, dy, dx, blocks);
            return;
        }
        // Strides above 1: the contract asks for no border.
        var padded = own.PaddedGradient();
        for (var block = blocks.First; block < blocks.End; block++)
        {
            CopyBlock(dy, padded, block);
            InputGradient(own, padded, dx, new BlockRange(block, 1));
        }
    }

    private void InputGradient(CpuConvolutionParameters own, TensorView dy, TensorView dx, BlockRange blocks)
    {
        var shape = own.Shape;
        var zeros = Scratch(ScratchUse.Sums, shape.InputChannels);
        new Span<float>(zeros, shape.InputChannels).Clear();
        var weights = own.InputGradientWeights();
        var outputOffsets = ChannelOffsets(dx, ScratchUse.OutputOffsets);
        foreach (var phase in own.Phases)
        {
            var taps = phase.TapRows * phase.TapColumns;
            if (taps == 0)
            {
                ClearPhase(dx, phase, shape.Stride, blocks);
                continue;
            }
            var parts = PartsPerBlock(phase.Rows);
            team.Run(new TapPass
            {
                Kernels = kernels,
                Input = BlockPointer(dy, blocks.First) + BorderOffset(dy.Layout) + phase.OutputRow * dy.Layout.RowStride + phase.OutputColumn * CaseBlock.Cases,
                InputBlockStride = dy.Layout.BlockStride,
                InputRowStep = dy.Layout.RowStride,
                InputPixelStep = CaseBlock.Cases,
                Offsets = TapOffsets(dy, phase.TapRows, phase.TapColumns),
                Channels = shape.Kernels,
                TapsPerChannel = taps,
                Weights = weights,
                Bias = zeros,
                Tiles = own.ChannelTiles,
                Output = BlockPointer(dx, blocks.First) + BorderOffset(dx.Layout) + phase.Row * dx.Layout.RowStride + phase.Column * CaseBlock.Cases,
                OutputOffsets = outputOffsets,
                OutputBlockStride = dx.Layout.BlockStride,
                OutputRowStep = shape.Stride * dx.Layout.RowStride,
                OutputPixelStep = shape.Stride * CaseBlock.Cases,
                Rows = phase.Rows,
                Columns = phase.Columns,
                Parts = parts,
            }, blocks.Count * parts);
            weights += (long)taps * shape.Kernels * shape.InputChannels;
        }
    }

    /// <inheritdoc/>
    public void ConvolutionWeightGradient(ConvolutionShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks, bool first)
    {
        var own = ConvolutionParameters(shape, parameters);
        Check(x, shape.InputChannels, shape.InputHeight, shape.InputWidth, blocks, shape.InputBorder);
        Check(dy, shape.Kernels, shape.OutputHeight, shape.OutputWidth, blocks);
        if (first) new Span<float>(own.WeightGradient, checked((int)own.WeightCount + own.BiasCount)).Clear();
        var panels = WeightGradientPass.PanelsOf(shape, kernels);
        var channelParts = Threads == 1 ? 1 : Math.Min(shape.InputChannels, (2 * Threads + panels.Count - 1) / panels.Count);
        var biasLanes = Scratch(ScratchUse.BiasLanes, (long)shape.Kernels * CaseBlock.Cases);
        new Span<float>(biasLanes, shape.Kernels * CaseBlock.Cases).Clear();
        team.Run(new WeightGradientPass
        {
            Kernels = kernels,
            Shape = shape,
            Input = BlockPointer(x, blocks.First) + BorderOffset(x.Layout) - shape.PadTop * x.Layout.RowStride - shape.PadLeft * CaseBlock.Cases,
            InputOffsets = ChannelOffsets(x, ScratchUse.TapOffsets),
            InputBlockStride = x.Layout.BlockStride,
            InputRowStride = x.Layout.RowStride,
            Gradient = BlockPointer(dy, blocks.First) + BorderOffset(dy.Layout),
            GradientOffsets = ChannelOffsets(dy, ScratchUse.OutputOffsets),
            GradientBlockStride = dy.Layout.BlockStride,
            GradientRowStride = dy.Layout.RowStride,
            Transposed = Scratch(ScratchUse.Transposed, Threads * WeightGradientPass.TransposedFloats(shape)),
            BiasLanes = biasLanes,
            WeightGradient = own.WeightGradient,
            BiasGradient = own.BiasGradient,
            Blocks = blocks.Count,
            Panels = panels,
            ChannelParts = channelParts,
        }, panels.Count * channelParts);
    }

    /// <summary>Input pixels that no window reaches have no gradient.</summary>
    private static void ClearPhase(TensorView dx, GradientPhase phase, int stride, BlockRange blocks)
    {
        for (var block = blocks.First; block < blocks.End; block++)
        {
            for (var channel = 0; channel < dx.Channels; channel++)
            {
                var plane = BlockPointer(dx, block) + dx.ChannelOffset(channel) + BorderOffset(dx.Layout);
                for (var y = phase.Row; y < dx.Layout.Height; y += stride)
                    for (var x = phase.Column; x < dx.Layout.Width; x += stride)
                        new Span<float>(plane + (long)y * dx.Layout.RowStride + x * CaseBlock.Cases, CaseBlock.Cases).Clear();
            }
        }
    }

    private CpuConvolutionParameters ConvolutionParameters(ConvolutionShape shape, DeviceParameters parameters)
    {
        if (parameters is not CpuConvolutionParameters own) throw new ArgumentException("these are not parameters of a convolution on this device", nameof(parameters));
        if (own.Shape != shape) throw new ArgumentException($"the parameters are for {own.Shape}, the operation is {shape}", nameof(parameters));
        return own;
    }

    /// <summary>One part where one thread computes; else some for each thread, so that all end at about the same time.</summary>
    private int PartsPerBlock(int rows) => Threads == 1 ? 1 : Math.Min(rows, 2 * Threads);

    /// <summary>Where each tap of a window lies from the window's first pixel in the view's first block: channel, y, x.</summary>
    private int* TapOffsets(TensorView view, int rows, int columns)
    {
        var offsets = (int*)Scratch(ScratchUse.TapOffsets, (long)view.Channels * rows * columns);
        var next = offsets;
        for (var channel = 0; channel < view.Channels; channel++)
        {
            for (var y = 0; y < rows; y++)
            {
                for (var x = 0; x < columns; x++)
                    *next++ = checked((int)(view.ChannelOffset(channel) + y * view.Layout.RowStride + x * CaseBlock.Cases));
            }
        }
        return offsets;
    }

    /// <summary>Where each channel lies in a block.</summary>
    private nint* ChannelOffsets(TensorView view, ScratchUse use)
    {
        var offsets = (nint*)Scratch(use, 2L * view.Channels);
        for (var channel = 0; channel < view.Channels; channel++) offsets[channel] = (nint)view.ChannelOffset(channel);
        return offsets;
    }

    /// <summary>Copies a block's pixels between views of the same size.</summary>
    private static void CopyBlock(TensorView source, TensorView destination, int block)
    {
        var row = source.Layout.Width * CaseBlock.Cases * sizeof(float);
        for (var channel = 0; channel < source.Channels; channel++)
        {
            var from = BlockPointer(source, block) + source.ChannelOffset(channel) + BorderOffset(source.Layout);
            var to = BlockPointer(destination, block) + destination.ChannelOffset(channel) + BorderOffset(destination.Layout);
            for (var y = 0; y < source.Layout.Height; y++)
                Buffer.MemoryCopy(from + (long)y * source.Layout.RowStride, to + (long)y * destination.Layout.RowStride, row, row);
        }
    }
}

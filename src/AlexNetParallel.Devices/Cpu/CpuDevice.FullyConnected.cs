using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>Fully connected layers. Weights stream from memory once a pass, whatever the number of blocks.</summary>
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public DeviceParameters CreateParameters(FullyConnectedShape shape, bool materializeGradients, DeviceBuffer? gradients = null) =>
        new CpuFullyConnectedParameters(this, shape, materializeGradients, gradients);

    /// <inheritdoc/>
    public void FullyConnectedForward(FullyConnectedShape shape, TensorView x, DeviceParameters parameters, TensorView y, Neuron neuron, BlockRange blocks)
    {
        var own = FullyConnectedParameters(shape, parameters);
        CheckInputs(shape, x, blocks);
        Check(y, shape.Outputs, 1, 1, blocks);
        if (blocks.IsEmpty) return;
        var parts = Math.Min(Threads, own.Layout.Panels.Count);
        team.Run(new FullyConnectedForwardPass
        {
            Kernels = kernels,
            Layout = own.Layout,
            Input = BlockPointer(x, blocks.First) + BorderOffset(x.Layout),
            Offsets = TapOffsets(x, x.Layout.Height, x.Layout.Width),
            InputBlockStride = x.Layout.BlockStride,
            Weights = own.Weights,
            Bias = own.Biases,
            Output = BlockPointer(y, blocks.First) + BorderOffset(y.Layout),
            OutputOffsets = ChannelOffsets(y, ScratchUse.OutputOffsets),
            OutputBlockStride = y.Layout.BlockStride,
            Blocks = blocks.Count,
            Neuron = neuron,
            Parts = parts,
        }, parts);
    }

    /// <inheritdoc/>
    public void FullyConnectedInputGradient(FullyConnectedShape shape, TensorView dy, DeviceParameters parameters, TensorView dx, BlockRange blocks)
    {
        var own = FullyConnectedParameters(shape, parameters);
        Check(dy, shape.Outputs, 1, 1, blocks);
        CheckInputs(shape, dx, blocks);
        if (blocks.IsEmpty) return;
        var gradient = Flat(dy, blocks, ScratchUse.GradientCopy, out var gradientStride);
        var direct = IsFlat(dx);
        var output = direct ? BlockPointer(dx, blocks.First) + dx.ChannelOffset(0) : Scratch(ScratchUse.InputCopy, (long)blocks.Count * shape.Inputs * CaseBlock.Cases);
        var parts = Threads == 1 ? 1 : Math.Min(4 * Threads, own.Layout.Groups);
        team.Run(new FullyConnectedInputGradientPass
        {
            Kernels = kernels,
            Layout = own.Layout,
            Weights = own.Weights,
            Gradient = gradient,
            GradientBlockStride = gradientStride,
            Output = output,
            OutputBlockStride = direct ? dx.Layout.BlockStride : (long)shape.Inputs * CaseBlock.Cases,
            Blocks = blocks.Count,
            Parts = parts,
        }, parts);
        if (!direct) CopyFlat(dx, output, blocks, toView: true);
    }

    /// <inheritdoc/>
    public void FullyConnectedWeightGradient(FullyConnectedShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks)
    {
        var own = FullyConnectedParameters(shape, parameters);
        if (!own.Materialized) throw new InvalidOperationException("these parameters were created without materialised gradients: use FullyConnectedUpdate");
        FullyConnectedWeightPass(own, x, dy, blocks, own.WeightGradient, own.BiasGradient, new UpdateRule(0, 0, 0, 0, 1));
    }

    /// <inheritdoc/>
    public void FullyConnectedUpdate(FullyConnectedShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks, UpdateRule rule)
    {
        var own = FullyConnectedParameters(shape, parameters);
        if (own.Materialized) throw new InvalidOperationException("these parameters were created with materialised gradients: use FullyConnectedWeightGradient and Update");
        var biasGradient = Scratch(ScratchUse.Sums, shape.Outputs);
        FullyConnectedWeightPass(own, x, dy, blocks, null, biasGradient, rule);
        if (rule.BiasRate != 0) kernels.Update(own.Biases, own.BiasMomentum, biasGradient, own.BiasCount, UpdateCoefficients.OfBiases(rule));
    }

    private void FullyConnectedWeightPass(CpuFullyConnectedParameters own, TensorView x, TensorView dy, BlockRange blocks, float* weightGradient, float* biasGradient, UpdateRule rule)
    {
        var shape = own.Shape;
        CheckInputs(shape, x, blocks);
        Check(dy, shape.Outputs, 1, 1, blocks);
        var (panels, panelFloats) = (own.Layout.Panels, Cpu.FullyConnectedWeightPass.TransposedFloats(blocks.Count));
        var transposed = Scratch(ScratchUse.Transposed, panels.Count * panelFloats);
        var offsets = ChannelOffsets(dy, ScratchUse.OutputOffsets);
        var biasLanes = Scratch(ScratchUse.BiasLanes, (long)shape.Outputs * CaseBlock.Cases);
        new Span<float>(biasLanes, shape.Outputs * CaseBlock.Cases).Clear();
        new Span<float>(biasGradient, shape.Outputs).Clear();
        for (var block = 0; block < blocks.Count; block++)
        {
            var gradient = BlockPointer(dy, blocks.First + block) + BorderOffset(dy.Layout);
            BiasSums.AddRow(gradient, offsets, shape.Outputs, 1, biasLanes);
            BiasSums.Finish(biasLanes, shape.Outputs, biasGradient);
            for (var panel = 0; panel < panels.Count; panel++)
            {
                kernels.Transpose(gradient, offsets + panel * Panels.Width, panels.WidthOf(panel), 1,
                    transposed + panel * panelFloats + block * CaseBlock.Cases * Panels.Width, Panels.Width);
            }
        }
        if (weightGradient == null && rule.WeightRate == 0) return;
        var input = Flat(x, blocks, ScratchUse.InputCopy, out var inputStride);
        var parts = Math.Min(Threads, panels.Count);
        team.Run(new FullyConnectedWeightPass
        {
            Kernels = kernels,
            Layout = own.Layout,
            Input = input,
            InputBlockStride = inputStride,
            Transposed = transposed,
            Blocks = blocks.Count,
            Weights = own.Weights,
            Momentum = own.WeightMomentum,
            WeightGradient = weightGradient,
            By = UpdateCoefficients.OfWeights(rule),
            Parts = parts,
        }, parts);
    }

    private static CpuFullyConnectedParameters FullyConnectedParameters(FullyConnectedShape shape, DeviceParameters parameters)
    {
        if (parameters is not CpuFullyConnectedParameters own) throw new ArgumentException("these are not parameters of a fully connected layer on this device", nameof(parameters));
        if (own.Shape != shape) throw new ArgumentException($"the parameters are for {own.Shape}, the operation is {shape}", nameof(parameters));
        return own;
    }

    /// <summary>True where all units of a block follow each other, 32 cases each.</summary>
    private static bool IsFlat(TensorView view) => view.IsContiguous && view.Layout.Border.IsNone;

    /// <summary>The view's units as one run for each block: where they lie, or a copy.</summary>
    private float* Flat(TensorView view, BlockRange blocks, ScratchUse use, out long blockStride)
    {
        blockStride = view.Layout.BlockStride;
        if (IsFlat(view)) return BlockPointer(view, blocks.First) + view.ChannelOffset(0);
        blockStride = (long)view.Channels * view.Layout.Height * view.Layout.Width * CaseBlock.Cases;
        var copy = Scratch(use, blocks.Count * blockStride);
        CopyFlat(view, copy, blocks, toView: false);
        return copy;
    }

    /// <summary>Copies between a view and a run without gaps or borders.</summary>
    private static void CopyFlat(TensorView view, float* flat, BlockRange blocks, bool toView)
    {
        var row = (long)view.Layout.Width * CaseBlock.Cases;
        for (var block = blocks.First; block < blocks.End; block++)
        {
            for (var channel = 0; channel < view.Channels; channel++)
            {
                var plane = BlockPointer(view, block) + view.ChannelOffset(channel) + BorderOffset(view.Layout);
                for (var y = 0; y < view.Layout.Height; y++, flat += row)
                {
                    var there = plane + (long)y * view.Layout.RowStride;
                    Buffer.MemoryCopy(toView ? flat : there, toView ? there : flat, row * sizeof(float), row * sizeof(float));
                }
            }
        }
    }
}

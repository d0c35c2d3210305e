using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>
/// Fully connected layers as matrix products: by cuBLAS where it is installed, else by gemm.cu. The weight gradient and the update that is fused with it are
/// always the project's: they pass over the weights once. cuBLAS is called block by block, so that its choice of an algorithm cannot depend on how a run is cut.
/// </summary>
public sealed unsafe partial class CudaDevice
{
    private const string Gemm = "gemm";

    /// <inheritdoc/>
    public DeviceParameters CreateParameters(FullyConnectedShape shape, bool materializeGradients, DeviceBuffer? gradients = null) =>
        new CudaFullyConnectedParameters(this, shape, materializeGradients, gradients);

    /// <inheritdoc/>
    public void FullyConnectedForward(FullyConnectedShape shape, TensorView x, DeviceParameters parameters, TensorView y, Neuron neuron, BlockRange blocks)
    {
        var own = FullyConnectedParameters(shape, parameters);
        CheckInputs(shape, x, blocks);
        Check(y, shape.Outputs, 1, 1, blocks);
        Multiply(own, forward: true, x, y, nameof(y), neuron, blocks);
    }

    /// <inheritdoc/>
    public void FullyConnectedInputGradient(FullyConnectedShape shape, TensorView dy, DeviceParameters parameters, TensorView dx, BlockRange blocks)
    {
        var own = FullyConnectedParameters(shape, parameters);
        Check(dy, shape.Outputs, 1, 1, blocks);
        CheckInputs(shape, dx, blocks);
        Multiply(own, forward: false, dy, dx, nameof(dx), Neuron.None, blocks);
    }

    /// <inheritdoc/>
    public void FullyConnectedWeightGradient(FullyConnectedShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks)
    {
        var own = FullyConnectedParameters(shape, parameters);
        if (!own.Materialized) throw new InvalidOperationException("these parameters were created without materialised gradients: use FullyConnectedUpdate");
        var (input, gradient, dyView) = Matrices(shape, x, dy, blocks);
        var columns = blocks.Count * CaseBlock.Cases;
        Product(CudaVariants.WeightProduct, shape.Inputs, shape.Outputs, columns, input, columns, gradient, columns, own.WeightGradient, shape.Outputs, parts: 1, partStride: 0);
        BiasGradient(dyView, shape.Outputs, 1, 1, blocks, own.BiasGradient, first: true);
    }

    /// <inheritdoc/>
    public void FullyConnectedUpdate(FullyConnectedShape shape, TensorView x, TensorView dy, DeviceParameters parameters, BlockRange blocks, UpdateRule rule)
    {
        var own = FullyConnectedParameters(shape, parameters);
        if (own.Materialized) throw new InvalidOperationException("these parameters were created with materialised gradients: use FullyConnectedWeightGradient and Update");
        var (input, gradient, dyView) = Matrices(shape, x, dy, blocks);
        var columns = blocks.Count * CaseBlock.Cases;
        if (rule.WeightRate != 0)
        {
            var by = UpdateCoefficients.OfWeights(rule);
            var arguments = default(KernelArguments);
            arguments.Add(shape.Inputs).Add(shape.Outputs).Add(columns).Add(input).Add(columns).Add(gradient).Add(columns)
                .Add(own.Weights).Add(own.WeightMomentum).Add(by.Momentum).Add(by.Scale).Add(by.Decay);
            var variant = CudaVariants.FusedUpdate;
            Launch(Gemm, variant.Name, (Ceiling(shape.Inputs, variant.TileM), Ceiling(shape.Outputs, variant.TileN), 1), (variant.Threads, 1), ref arguments);
        }
        if (rule.BiasRate == 0) return;
        var biasGradient = Scratch(ScratchUse.BiasGradient, shape.Outputs);
        BiasGradient(dyView, shape.Outputs, 1, 1, blocks, biasGradient, first: true);
        Update(own.Biases, own.BiasMomentum, biasGradient, own.BiasCount, UpdateCoefficients.OfBiases(rule));
    }

    /// <summary>
    /// The products of the weights and the cases: forward, outputs from inputs; back, the inputs' gradient from the outputs'. The source becomes a matrix; the parts
    /// of each sum, the bias and the neuron come together on the way to the destination.
    /// </summary>
    private void Multiply(CudaFullyConnectedParameters own, bool forward, TensorView source, TensorView destination, string destinationName, Neuron neuron, BlockRange blocks)
    {
        var (channels, height, width) = (destination.Channels, destination.Layout.Height, destination.Layout.Width);
        var to = View(destination, destinationName, channels, height, width, blocks);
        if (blocks.IsEmpty) return;
        Context.MakeCurrent();
        var shape = own.Shape;
        var (rows, summed) = forward ? (shape.Outputs, shape.Inputs) : (shape.Inputs, shape.Outputs);
        var (sourceUse, resultUse) = forward ? (ScratchUse.Inputs, ScratchUse.Outputs) : (ScratchUse.Outputs, ScratchUse.Inputs);
        var columns = blocks.Count * CaseBlock.Cases;
        var matrix = Flatten(source, blocks, Scratch(sourceUse, (long)summed * columns));
        var parts = cublas is null ? CudaScratch.Parts(rows, summed) : 1;
        var partStride = (long)rows * columns;
        var result = Scratch(resultUse, partStride * parts);
        if (cublas is not null)
        {
            for (var column = 0; column < columns; column += CaseBlock.Cases)
                cublas.Multiply(own.Weights, shape.Outputs, turned: forward, rows, summed, matrix + column * sizeof(float), result + column * sizeof(float), columns, CaseBlock.Cases);
        }
        else
        {
            var variant = variants.Choose(forward ? CudaVariants.Forward : CudaVariants.InputGradient, shape.Outputs, shape);
            Product(variant, rows, columns, summed, own.Weights, shape.Outputs, matrix, columns, result, columns, parts, partStride);
        }
        var arguments = default(KernelArguments);
        arguments.Add(result).Add(columns).Add(parts).Add(partStride).Add(forward ? own.Biases : 0).Add(to).Add(channels).Add(height).Add(width).Add((int)neuron);
        LaunchUnits("matrix", "finish_matrix", (long)channels * height * width, blocks, ref arguments);
    }

    /// <summary>Inputs and gradient of the outputs as matrices [unit][case].</summary>
    private (nint Input, nint Gradient, KernelView Dy) Matrices(FullyConnectedShape shape, TensorView x, TensorView dy, BlockRange blocks)
    {
        CheckInputs(shape, x, blocks);
        var dyView = View(dy, nameof(dy), shape.Outputs, 1, 1, blocks);
        if (blocks.IsEmpty) throw new ArgumentException("a weight gradient over no cases", nameof(blocks));
        Context.MakeCurrent();
        return (Flatten(x, blocks, Scratch(ScratchUse.Inputs, CudaScratch.Inputs(shape, blocks.Count))),
            Flatten(dy, blocks, Scratch(ScratchUse.Outputs, CudaScratch.Outputs(shape, blocks.Count))), dyView);
    }

    /// <summary>Queues the copy of a view into a matrix [unit][case], units in the order channel, y, x.</summary>
    private nint Flatten(TensorView view, BlockRange blocks, nint matrix)
    {
        var (channels, height, width) = (view.Channels, view.Layout.Height, view.Layout.Width);
        var arguments = default(KernelArguments);
        arguments.Add(View(view, nameof(view), channels, height, width, blocks)).Add(channels).Add(height).Add(width).Add(matrix).Add(blocks.Count * CaseBlock.Cases);
        LaunchUnits("matrix", "flatten", (long)channels * height * width, blocks, ref arguments);
        return matrix;
    }

    private void Product(CudaVariant variant, int m, int n, int k, nint a, int lda, nint b, int ldb, nint c, int ldc, int parts, long partStride)
    {
        var arguments = default(KernelArguments);
        arguments.Add(m).Add(n).Add(k).Add(a).Add(lda).Add(b).Add(ldb).Add(c).Add(ldc).Add(parts).Add(partStride);
        Launch(Gemm, variant.Name, (Ceiling(m, variant.TileM), Ceiling(n, variant.TileN), parts), (variant.Threads, 1), ref arguments);
    }

    private CudaFullyConnectedParameters FullyConnectedParameters(FullyConnectedShape shape, DeviceParameters parameters)
    {
        if (parameters is not CudaFullyConnectedParameters own || own.Device != this) throw new ArgumentException("these are not parameters of a fully connected layer on this device", nameof(parameters));
        if (own.Shape != shape) throw new ArgumentException($"the parameters are for {own.Shape}, the operation is {shape}", nameof(parameters));
        return own;
    }
}

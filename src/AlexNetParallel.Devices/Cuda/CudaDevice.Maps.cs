using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>Pooling and response normalisation.</summary>
public sealed unsafe partial class CudaDevice
{
    /// <inheritdoc/>
    public void PoolingForward(PoolingShape shape, TensorView x, TensorView y, Neuron neuron, BlockRange blocks)
    {
        CheckPooling(shape, neuron);
        var (from, to) = (Input(shape, x, nameof(x), blocks), Output(shape, y, nameof(y), blocks));
        Context.MakeCurrent();
        var arguments = default(KernelArguments);
        arguments.Add(from).Add(to).Add(shape.Channels).Add(shape.InputHeight).Add(shape.InputWidth).Add(shape.Size).Add(shape.Stride).Add(shape.Pad)
            .Add(shape.OutputHeight).Add(shape.OutputWidth).Add((int)neuron);
        LaunchUnits("pooling", "max_pool_forward", (long)shape.Channels * shape.OutputHeight * shape.OutputWidth, blocks, ref arguments);
    }

    /// <inheritdoc/>
    public void PoolingInputGradient(PoolingShape shape, TensorView x, TensorView y, TensorView dy, TensorView dx, Neuron neuron, BlockRange blocks)
    {
        CheckPooling(shape, neuron);
        var (input, output) = (Input(shape, x, nameof(x), blocks), Output(shape, y, nameof(y), blocks));
        var (outputGradient, inputGradient) = (Output(shape, dy, nameof(dy), blocks), Input(shape, dx, nameof(dx), blocks));
        Context.MakeCurrent();
        var arguments = default(KernelArguments);
        arguments.Add(input).Add(output).Add(outputGradient).Add(inputGradient).Add(shape.Channels).Add(shape.InputHeight).Add(shape.InputWidth)
            .Add(shape.Size).Add(shape.Stride).Add(shape.Pad).Add(shape.OutputHeight).Add(shape.OutputWidth).Add(shape.FirstTieOnly ? 1 : 0).Add((int)neuron);
        LaunchUnits("pooling", "max_pool_input_gradient", (long)shape.Channels * shape.InputHeight * shape.InputWidth, blocks, ref arguments);
    }

    /// <inheritdoc/>
    public void NormalizationForward(NormalizationShape shape, TensorView x, TensorView y, BlockRange blocks)
    {
        var (from, to) = (Normalized(shape, x, nameof(x), blocks), Normalized(shape, y, nameof(y), blocks));
        Context.MakeCurrent();
        var arguments = default(KernelArguments);
        arguments.Add(from).Add(to).Add(shape.Channels).Add(shape.Height).Add(shape.Width);
        if (CudaScratch.IsOnePass(shape))
        {
            arguments.Add(shape.K).Add(shape.Alpha).Add(shape.Beta);
            Launch(Normalization5, "normalize_across5", GridAcross5(shape, blocks), (Threads, 1), ref arguments);
            return;
        }
        arguments.Add(shape.Size).Add(shape.K).Add(shape.Alpha).Add(shape.Beta);
        LaunchUnits(Normalization, IsAcross(shape) ? "normalize_across" : "normalize_same", Units(shape), blocks, ref arguments);
    }

    /// <inheritdoc/>
    public void NormalizationInputGradient(NormalizationShape shape, TensorView x, TensorView dy, TensorView dx, BlockRange blocks)
    {
        var (input, outputGradient, inputGradient) = (Normalized(shape, x, nameof(x), blocks), Normalized(shape, dy, nameof(dy), blocks), Normalized(shape, dx, nameof(dx), blocks));
        Context.MakeCurrent();
        var arguments = default(KernelArguments);
        arguments.Add(input).Add(outputGradient).Add(inputGradient);
        if (CudaScratch.IsOnePass(shape))
        {
            arguments.Add(shape.Channels).Add(shape.Height).Add(shape.Width).Add(shape.K).Add(shape.Alpha).Add(shape.Beta);
            Launch(Normalization5, "normalize_across5_gradient", GridAcross5(shape, blocks), (Threads, 1), ref arguments);
            return;
        }
        var terms = Scratch(ScratchUse.Terms, CudaScratch.Terms(shape, blocks.Count));
        arguments.Add(terms).Add(shape.Channels).Add(shape.Height).Add(shape.Width).Add(shape.Size).Add(shape.K).Add(shape.Alpha).Add(shape.Beta);
        LaunchUnits(Normalization, IsAcross(shape) ? "normalize_across_terms" : "normalize_same_terms", Units(shape), blocks, ref arguments);
        var finish = default(KernelArguments);
        finish.Add(input).Add(inputGradient).Add(terms).Add(shape.Channels).Add(shape.Height).Add(shape.Width).Add(shape.Size).Add(shape.Alpha).Add(shape.Beta);
        LaunchUnits(Normalization, IsAcross(shape) ? "normalize_across_finish" : "normalize_same_finish", Units(shape), blocks, ref finish);
    }

    private const string Normalization = "normalization";
    private const string Normalization5 = "normalization5";

    private static bool IsAcross(NormalizationShape shape) => shape.Kind == NormalizationKind.AcrossMaps;

    private static long Units(NormalizationShape shape) => (long)shape.Channels * shape.Height * shape.Width;

    /// <summary>A block of threads slides over 16 channels of 32 pixels.</summary>
    private static (long, long, long) GridAcross5(NormalizationShape shape, BlockRange blocks) =>
        (Ceiling((long)shape.Height * shape.Width * ThreadsPerUnit, Threads), Ceiling(shape.Channels, 16), blocks.Count);

    private KernelView Normalized(NormalizationShape shape, TensorView view, string name, BlockRange blocks)
    {
        CheckNormalization(shape);
        return View(view, name, shape.Channels, shape.Height, shape.Width, blocks);
    }

    private KernelView Input(PoolingShape shape, TensorView view, string name, BlockRange blocks) => View(view, name, shape.Channels, shape.InputHeight, shape.InputWidth, blocks);

    private KernelView Output(PoolingShape shape, TensorView view, string name, BlockRange blocks) => View(view, name, shape.Channels, shape.OutputHeight, shape.OutputWidth, blocks);
}

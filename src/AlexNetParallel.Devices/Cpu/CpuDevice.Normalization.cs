using AlexNetParallel.Devices.Cpu.Operations;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public void NormalizationForward(NormalizationShape shape, TensorView x, TensorView y, BlockRange blocks)
    {
        if (shape.Beta == 0.75f) NormalizationForward<ThreeQuarters>(shape, x, y, blocks);
        else NormalizationForward<AnyPower>(shape, x, y, blocks);
    }

    /// <inheritdoc/>
    public void NormalizationInputGradient(NormalizationShape shape, TensorView x, TensorView dy, TensorView dx, BlockRange blocks)
    {
        if (shape.Beta == 0.75f) NormalizationInputGradient<ThreeQuarters>(shape, x, dy, dx, blocks);
        else NormalizationInputGradient<AnyPower>(shape, x, dy, dx, blocks);
    }

    private unsafe void NormalizationForward<TPower>(NormalizationShape shape, TensorView x, TensorView y, BlockRange blocks) where TPower : struct, IPower
    {
        var input = CheckNormalized(shape, x, nameof(x), blocks);
        var output = CheckNormalized(shape, y, nameof(y), blocks);
        if (shape.Kind == NormalizationKind.AcrossMaps)
        {
            var job = new AcrossMapsForward<TPower>(shape, input, output, blocks);
            Run(job, job.Items);
        }
        else
        {
            var scratch = Scratch(ScratchUse.Rows, Threads * SameMapForward<TPower>.ScratchFloats(shape));
            var job = new SameMapForward<TPower>(shape, input, output, blocks, scratch);
            Run(job, job.Items);
        }
    }

    private unsafe void NormalizationInputGradient<TPower>(NormalizationShape shape, TensorView x, TensorView dy, TensorView dx, BlockRange blocks)
        where TPower : struct, IPower
    {
        var input = CheckNormalized(shape, x, nameof(x), blocks);
        var outputGradient = CheckNormalized(shape, dy, nameof(dy), blocks);
        var inputGradient = CheckNormalized(shape, dx, nameof(dx), blocks);
        if (shape.Kind == NormalizationKind.AcrossMaps)
        {
            var scratch = Scratch(ScratchUse.Rows, Threads * AcrossMapsInputGradient<TPower>.ScratchFloats(shape));
            var job = new AcrossMapsInputGradient<TPower>(shape, input, outputGradient, inputGradient, blocks, scratch);
            Run(job, job.Items);
        }
        else
        {
            var scratch = Scratch(ScratchUse.Rows, Threads * SameMapInputGradient<TPower>.ScratchFloats(shape));
            var job = new SameMapInputGradient<TPower>(shape, input, outputGradient, inputGradient, blocks, scratch);
            Run(job, job.Items);
        }
    }

    private static CpuView CheckNormalized(NormalizationShape shape, TensorView view, string name, BlockRange blocks)
    {
        CheckNormalization(shape);
        return Addresses(view, name, shape.Channels, shape.Height, shape.Width, blocks);
    }
}

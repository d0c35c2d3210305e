using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cuda;

public sealed unsafe partial class CudaDevice
{
    /// <inheritdoc/>
    public LossSums SoftmaxLogLoss(TensorView logits, ReadOnlySpan<int> labels, TensorView probabilities, TensorView? logitsGradient, int cases, BlockRange blocks)
    {
        var classes = logits.Channels;
        var (scores, p) = (View(logits, nameof(logits), classes, 1, 1, blocks), View(probabilities, nameof(probabilities), classes, 1, 1, blocks));
        var gradient = logitsGradient is null ? default : View(logitsGradient, nameof(logitsGradient), classes, 1, 1, blocks);
        var first = blocks.First * CaseBlock.Cases;
        var end = Math.Min(cases, blocks.End * CaseBlock.Cases);
        CheckLabels(labels, first, end, classes);
        if (blocks.IsEmpty) return default;
        Context.MakeCurrent();
        var held = blocks.Count * CaseBlock.Cases;
        var real = Math.Max(0, end - first);
        var (labelBytes, resultBytes) = (held * sizeof(int), held * CudaScratch.LossNumbers * sizeof(double));
        // Results first: they are doubles.
        var host = Pinned(resultBytes + labelBytes);
        var hostLabels = new Span<int>((void*)(host.Address + resultBytes), held);
        hostLabels.Clear();
        if (real > 0) labels[first..end].CopyTo(hostLabels);
        var (deviceLabels, results) = (Scratch(ScratchUse.Labels, held), Scratch(ScratchUse.Losses, CudaScratch.Losses(blocks.Count)));
        ThrowIfFailed(cuMemcpyHtoDAsync(deviceLabels, host.Address + resultBytes, (nuint)labelBytes, Compute.Handle), Context.Ordinal);
        var arguments = default(KernelArguments);
        arguments.Add(scores).Add(p).Add(gradient).Add(logitsGradient is null ? 0 : 1).Add(classes).Add(deviceLabels).Add(real).Add(results);
        Launch("softmax", "softmax_log_loss", (blocks.Count, 1, 1), (Threads, 1), ref arguments);
        ThrowIfFailed(cuMemcpyDtoHAsync(host.Address, results, (nuint)resultBytes, Compute.Handle), Context.Ordinal);
        Compute.Synchronize();
        var numbers = host.As<double>(held * CudaScratch.LossNumbers);
        var sums = default(LossSums);
        for (var i = 0; i < real; i++) sums += new LossSums(Exact(numbers[3 * i]), Exact(numbers[3 * i + 1]), Exact(numbers[3 * i + 2]));
        return sums;
    }
}

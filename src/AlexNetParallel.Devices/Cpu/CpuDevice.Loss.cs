using AlexNetParallel.Devices.Cpu.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public LossSums SoftmaxLogLoss(TensorView logits, ReadOnlySpan<int> labels, TensorView probabilities, TensorView? logitsGradient, int cases, BlockRange blocks)
    {
        var classes = logits.Channels;
        var scores = Addresses(logits, nameof(logits), classes, 1, 1, blocks);
        var p = Addresses(probabilities, nameof(probabilities), classes, 1, 1, blocks);
        var gradient = logitsGradient is null ? default : Addresses(logitsGradient, nameof(logitsGradient), classes, 1, 1, blocks);
        var end = Math.Min(cases, blocks.End * CaseBlock.Cases);
        CheckLabels(labels, blocks.First * CaseBlock.Cases, end, classes);
        var statistics = (double*)Scratch(ScratchUse.Cases, 2L * blocks.Count * CaseBlock.Cases * SoftmaxJob.Statistics);
        var job = new SoftmaxJob(classes, scores, p, gradient, logitsGradient is not null, cases, blocks, statistics);
        Run(job, job.Items(VectorBits / 32));

        var sums = default(LossSums);
        for (var number = blocks.First * CaseBlock.Cases; number < end; number++)
        {
            var (block, lane) = (number / CaseBlock.Cases, number % CaseBlock.Cases);
            var ofCase = statistics + (long)(number - blocks.First * CaseBlock.Cases) * SoftmaxJob.Statistics;
            var label = labels[number];
            var loss = ofCase[0] + Math.Log(ofCase[1]) - scores.Plane(block, label)[lane];
            if (logitsGradient is not null) gradient.Plane(block, label)[lane] -= 1;
            var (top1, top5) = Credits(p, block, lane, label, classes);
            sums += new LossSums(Exact(loss), Exact(1 - top1), Exact(1 - top5));
        }
        return sums;
    }

    /// <summary>
    /// Shares of a right answer among the first and the first five, as the 2012 program gives them where classes are equal (src/layer_kernels.cu).
    /// None where p(label) is not a number.
    /// </summary>
    private static (double Top1, double Top5) Credits(CpuView probabilities, int block, int lane, int label, int classes)
    {
        var own = probabilities.Plane(block, label)[lane];
        var (larger, equal) = (0, 0);
        for (var channel = 0; channel < classes; channel++)
        {
            var other = probabilities.Plane(block, channel)[lane];
            if (other > own) larger++;
            if (other == own) equal++;
        }
        if (equal == 0) return (0, 0);
        var places = 5 - larger;
        return (larger > 0 ? 0 : 1.0 / equal, places <= 0 ? 0 : equal <= places ? 1 : (double)places / equal);
    }
}

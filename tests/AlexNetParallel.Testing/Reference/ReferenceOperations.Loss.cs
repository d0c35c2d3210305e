using AlexNetParallel.Devices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Random;

namespace AlexNetParallel.Testing.Reference;

public static partial class ReferenceOperations
{
    /// <summary>
    /// Training: x · mask, test: x · keep. The mask of (case, unit) is word (case mod 32) / 8 of Philox at index
    /// unit · 2³² + (case / 32) · 8 + case mod 8, unit and case being global numbers; kept where its uniform number is below keep.
    /// </summary>
    /// <param name="shape">Sizes and the layer's number.</param>
    /// <param name="x">Activations or their gradient.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Training step.</param>
    /// <param name="training">False at test.</param>
    /// <param name="firstCase">Global number of the tensor's first case.</param>
    public static HostTensor Dropout(DropoutShape shape, HostTensor x, ulong seed, long step, bool training, int firstCase = 0)
    {
        if (!training) return x.Map(v => v * shape.Keep);
        var y = x.Empty();
        ForEachUnit(x, (n, c, py, px) =>
        {
            var unit = (long)(shape.FirstChannel + c) * shape.Pixels + py * x.Width + px;
            var number = firstCase + n;
            var (w0, w1, w2, w3) = Philox.Words(seed, RandomPurpose.Dropout, shape.Layer, step, (unit << 32) | (uint)(number / 32 * 8 + number % 8));
            var word = (number % 32 / 8) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
            y[n, c, py, px] = Philox.Uniform(word) < shape.Keep ? x[n, c, py, px] : 0;
        });
        return y;
    }

    /// <summary>Softmax over the channels, the gradient of the summed log-loss, and the sums of loss, top-1 and top-5 errors.</summary>
    public static (HostTensor Probabilities, HostTensor Gradient, LossSums Sums) SoftmaxLogLoss(HostTensor logits, ReadOnlySpan<int> labels)
    {
        var probabilities = logits.Empty();
        var gradient = logits.Empty();
        var sums = default(LossSums);
        for (var n = 0; n < logits.Cases; n++)
        {
            var scores = logits.Values.AsSpan(n * logits.Channels, logits.Channels).ToArray();
            var largest = scores.Max();
            var total = scores.Sum(s => Math.Exp(s - largest));
            for (var c = 0; c < scores.Length; c++)
            {
                var p = Math.Exp(scores[c] - largest) / total;
                probabilities[n, c, 0, 0] = p;
                gradient[n, c, 0, 0] = c == labels[n] ? p - 1 : p;
            }
            var score = scores[labels[n]];
            sums += new LossSums(largest + Math.Log(total) - score, 1 - Top1Credit(scores, score), 1 - Top5Credit(scores, score));
        }
        return (probabilities, gradient, sums);
    }

    /// <summary>Share of a correct answer at ties (original program, src/layer_kernels.cu).</summary>
    private static double Top1Credit(double[] scores, double score) => score < scores.Max() ? 0 : 1.0 / scores.Count(s => s == score);

    private static double Top5Credit(double[] scores, double score)
    {
        var places = 5 - scores.Count(s => s > score);
        var equals = scores.Count(s => s == score);
        return places <= 0 ? 0 : equals <= places ? 1 : (double)places / equals;
    }
}

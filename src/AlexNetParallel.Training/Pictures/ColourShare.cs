using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Training.Pictures;

/// <summary>
/// The specialisation score. The paper's section 6.1 sees that "the kernels on GPU 1 are largely color-agnostic, while the kernels on GPU 2 are largely color-specific". A kernel's
/// colour share is Σ (w_c − m)² / Σ w_c², with m the mean of red, green and blue at the same place: 0 for a kernel that sees only grey, 2/3 for independent random weights, 1 for one whose channels
/// cancel. A tower's share is the mean over its kernels; the score is the difference between the towers.
/// </summary>
public static class ColourShare
{
    /// <summary>What independent random weights have on average: before training.</summary>
    public const double OfRandomWeights = 2 / 3.0;

    /// <summary>The share of each kernel.</summary>
    /// <param name="weights">(channel, y, x, kernel).</param>
    /// <param name="kernels">Number of kernels.</param>
    public static double[] OfKernels(ReadOnlySpan<float> weights, int kernels)
    {
        var window = weights.Length / (3 * kernels);
        var shares = new double[kernels];
        for (var kernel = 0; kernel < kernels; kernel++)
        {
            double colour = 0, all = 0;
            for (var place = 0; place < window; place++)
            {
                double r = weights[place * kernels + kernel], g = weights[(window + place) * kernels + kernel], b = weights[(2 * window + place) * kernels + kernel];
                var mean = (r + g + b) / 3;
                colour += (r - mean) * (r - mean) + (g - mean) * (g - mean) + (b - mean) * (b - mean);
                all += r * r + g * g + b * b;
            }
            shares[kernel] = all > 0 ? colour / all : 0;
        }
        return shares;
    }

    /// <summary>The mean share of each tower.</summary>
    public static double[] OfTowers(ConvolutionLayer layer, ReadOnlySpan<float> weights)
    {
        var shares = OfKernels(weights, layer.Output.Channels);
        return [.. shares.Chunk(layer.TowerChannels).Select(tower => tower.Average())];
    }

    /// <summary>The score: largest share of a tower less the smallest, in [0, 1].</summary>
    public static double Score(IReadOnlyList<double> towers) => towers.Max() - towers.Min();
}

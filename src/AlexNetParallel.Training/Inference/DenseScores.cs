using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Training.Inference;

/// <summary>From a map of class scores to one probability for each class: Simonyan and Zisserman (ICLR 2015), section 3.2.</summary>
internal static class DenseScores
{
    /// <summary>The softmax of each class's mean score over the positions. Sums are in double, in the order of the positions.</summary>
    /// <param name="scores">(case, class, y, x).</param>
    /// <param name="cases">Images.</param>
    /// <param name="map">Classes, rows and columns of the map.</param>
    /// <returns>(case, class).</returns>
    public static float[] Probabilities(ReadOnlySpan<float> scores, int cases, MapSize map)
    {
        var (result, means) = (new float[(long)cases * map.Channels], new double[map.Channels]);
        for (var n = 0; n < cases; n++)
        {
            for (var c = 0; c < map.Channels; c++)
            {
                means[c] = 0;
                foreach (var score in scores.Slice((n * map.Channels + c) * map.Pixels, map.Pixels)) means[c] += score;
                means[c] /= map.Pixels;
            }
            var (largest, sum) = (means.Max(), 0.0);
            for (var c = 0; c < map.Channels; c++) sum += means[c] = Math.Exp(means[c] - largest);
            for (var c = 0; c < map.Channels; c++) result[(long)n * map.Channels + c] = (float)(means[c] / sum);
        }
        return result;
    }
}

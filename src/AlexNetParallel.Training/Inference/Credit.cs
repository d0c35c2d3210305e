namespace AlexNetParallel.Training.Inference;

/// <summary>
/// How much a guess counts where classes have equal probability, as in the 2012 program (src/layer.cu, LogregCostLayer): the label's share of the places that it competes for.
/// </summary>
public static class Credit
{
    /// <summary>The part of a hit that the label gets among the first <paramref name="places"/> guesses, in [0, 1].</summary>
    /// <param name="probabilities">Of the classes.</param>
    /// <param name="label">The right one.</param>
    /// <param name="places">1 for top-1, 5 for top-5.</param>
    public static double Of(ReadOnlySpan<float> probabilities, int label, int places)
    {
        var own = probabilities[label];
        int higher = 0, equal = 0;
        foreach (var p in probabilities)
        {
            if (p > own) higher++;
            else if (p == own) equal++;
        }
        if (float.IsNaN(own) || higher >= places) return 0;
        var free = places - higher;
        return equal <= free ? 1 : (double)free / equal;
    }
}

using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Preparing;

/// <summary>Colour noise along the principal components of R, G, B (the paper's section 4.1; convdata_jpeg.py of the 2012 program).</summary>
internal static class ColourNoise
{
    /// <summary>What is added to all pixels (0..255) of each channel of one image.</summary>
    /// <param name="scale">The program's form, c · E(σ⊙z) with σ = 255·√λ; or the paper's, 255 · E(λ⊙α), α = c·z.</param>
    /// <param name="statistics">λ and E of pixels in [0, 1].</param>
    /// <param name="strength">c.</param>
    /// <param name="z">Three N(0, 1) numbers.</param>
    public static (float Red, float Green, float Blue) Shift(ColourNoiseScale scale, TrainingStatistics statistics, double strength, (double, double, double) z)
    {
        var (a, b, c) = (Amount(0, z.Item1), Amount(1, z.Item2), Amount(2, z.Item3));
        var e = statistics.Eigenvectors;
        return (Channel(0), Channel(1), Channel(2));

        double Amount(int component, double normal)
        {
            var eigenvalue = statistics.Eigenvalues[component];
            return 255 * strength * normal * (scale == ColourNoiseScale.Source ? Math.Sqrt(eigenvalue) : eigenvalue);
        }

        float Channel(int row) => (float)(e[row, 0] * a + e[row, 1] * b + e[row, 2] * c);
    }

    /// <summary>What pixels are divided by for the noise's sake: 1 + c in the program's form, 1 in the paper's.</summary>
    public static double Divisor(ColourNoiseScale scale, double strength) => scale == ColourNoiseScale.Source ? 1 + strength : 1;
}

using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices;

/// <summary>The factors of an update, rounded to float once: v ← fma(−d, w, fma(−s, g, m·v)), w ← w + v on every device.</summary>
/// <param name="Momentum">m.</param>
/// <param name="Scale">s = ε/N.</param>
/// <param name="Decay">d = ε·decay.</param>
internal readonly record struct UpdateCoefficients(float Momentum, float Scale, float Decay)
{
    /// <summary>For weights.</summary>
    public static UpdateCoefficients OfWeights(UpdateRule rule) => Of(rule.WeightRate, rule.WeightDecay, rule);

    /// <summary>For biases, which do not decay.</summary>
    public static UpdateCoefficients OfBiases(UpdateRule rule) => Of(rule.BiasRate, 0, rule);

    private static UpdateCoefficients Of(double rate, double decay, UpdateRule rule) => new(rule.Momentum, (float)(rate / rule.Cases), (float)(rate * decay));
}

using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Generated;

/// <summary>The random words of one generated image, one after the other.</summary>
internal struct WordStream(ulong seed, Split split, int image)
{
    private (uint X, uint Y, uint Z, uint W) group;
    private uint taken;

    /// <summary>The next 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Next()
    {
        if (taken % 4 == 0) group = Philox.Words(seed, RandomPurpose.GeneratedImages, (int)split, image, taken / 4);
        return (taken++ % 4) switch { 0 => group.X, 1 => group.Y, 2 => group.Z, _ => group.W };
    }

    /// <summary>Uniform in [low, high).</summary>
    public double Between(double low, double high) => low + (high - low) * Philox.Uniform(Next());

    /// <summary>Uniform in {0 … bound − 1}.</summary>
    public int Below(int bound) => Philox.Below(Next(), bound);
}

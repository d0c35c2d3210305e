namespace AlexNetParallel.Model.Random;

/// <summary>What random numbers are for: part of every key, so that no two uses share a stream.</summary>
public enum RandomPurpose : uint
{
    /// <summary>Initial weights.</summary>
    Weights = 1,
    /// <summary>Dropout masks.</summary>
    Dropout = 2,
    /// <summary>Position of a crop and mirror.</summary>
    Crop = 3,
    /// <summary>Colour noise.</summary>
    ColourNoise = 4,
    /// <summary>Order of the training images.</summary>
    Shuffle = 5,
    /// <summary>Content of the built-in generated images.</summary>
    GeneratedImages = 6,
}

/// <summary>
/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a function from a 128-bit
/// counter and a 64-bit key to 128 random bits, without state, so that any worker computes any number by itself.
/// </summary>
public static class Philox
{
    /// <summary>Multipliers of a round, and what is added to the key after it.</summary>
    public const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    /// <summary>Rounds.</summary>
    public const int Rounds = 10;

    /// <summary>The four words for a counter and a key.</summary>
    public static (uint X, uint Y, uint Z, uint W) Words(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = (ulong)M0 * c0;
            var p1 = (ulong)M1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>The four words for (seed, purpose, layer or epoch, step, index): the project's one way to key random numbers.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="layer">Layer, or another small number that tells streams apart.</param>
    /// <param name="step">Training step.</param>
    /// <param name="index">Global index of the unit, image or group of four numbers.</param>
    public static (uint X, uint Y, uint Z, uint W) Words(ulong seed, RandomPurpose purpose, int layer, long step, long index)
    {
        var (c0, c1, c2, c3, k0, k1) = Counter(seed, purpose, layer, step, index);
        return Words(c0, c1, c2, c3, k0, k1);
    }

    /// <summary>The counter and key behind <see cref="Words(ulong, RandomPurpose, int, long, long)"/>, for devices that compute many at once.</summary>
    public static (uint C0, uint C1, uint C2, uint C3, uint K0, uint K1) Counter(ulong seed, RandomPurpose purpose, int layer, long step, long index) =>
        ((uint)index, (uint)(index >> 32), (uint)step, ((uint)layer << 8) | (uint)purpose, (uint)seed, (uint)(seed >> 32) ^ (uint)(step >> 32));

    /// <summary>A float in [0, 1): the upper 24 bits.</summary>
    public static float Uniform(uint word) => (word >> 8) * (1f / (1 << 24));

    /// <summary>An integer in [0, <paramref name="bound"/>).</summary>
    public static int Below(uint word, int bound) => (int)(((ulong)word * (uint)bound) >> 32);

    /// <summary>Two independent N(0, 1) numbers from two words, the same bits on every machine (<see cref="NormalQuantile"/>).</summary>
    public static (double First, double Second) Normal(uint a, uint b) => (NormalQuantile.Of(a), NormalQuantile.Of(b));
}

namespace AlexNetParallel.Testing.Golden;

/// <summary>
/// The numbers of the full-size golden networks: the finaliser of SplitMix64 over (tensor · 2⁴⁰ + index), indices in the files' order.
/// </summary>
public static class GoldenHash
{
    /// <summary>64 bits for an element of a tensor.</summary>
    public static ulong Bits(long tensor, long index)
    {
        var z = unchecked((ulong)((tensor << 40) + index) + 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Weights in [−scale/2, scale/2), exact in float32, in the files' order [outputs, fan-in].</summary>
    public static float[] Weights(long tensor, int count, double scale)
    {
        var weights = new float[count];
        for (var i = 0; i < count; i++) weights[i] = (float)(((Bits(tensor, i) >> 40) / 16777216.0 - 0.5) * scale);
        return weights;
    }

    /// <summary>Whole numbers from −128 to 127.</summary>
    public static float[] Pixels(long tensor, int count)
    {
        var pixels = new float[count];
        for (var i = 0; i < count; i++) pixels[i] = (int)(Bits(tensor, i) >> 56) - 128;
        return pixels;
    }

    /// <summary>Labels from 0 to 999.</summary>
    public static int[] Labels(long tensor, int count) => [.. Enumerable.Range(0, count).Select(i => (int)((Bits(tensor, i) >> 40) % 1000))];
}

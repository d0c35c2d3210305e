using AlexNetParallel.Model.Random;

namespace AlexNetParallel.Data.Preparing;

/// <summary>The order of the training images: a permutation that is a function of (seed, epoch, number of images) alone.</summary>
public static class EpochOrder
{
    /// <summary>
    /// Fisher and Yates' shuffle with numbers keyed by (seed, <see cref="RandomPurpose.Shuffle"/>, epoch, position), so that a resumed run, another worker
    /// or another number of threads finds the same order.
    /// </summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Passes complete, from 0. A set that is shuffled once asks for epoch 0 always.</param>
    /// <param name="count">Number of images.</param>
    /// <returns>order[position] = image.</returns>
    public static int[] Permutation(ulong seed, int epoch, int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        for (var i = count - 1; i > 0; i--)
        {
            var (x, y, z, w) = Philox.Words(seed, RandomPurpose.Shuffle, 0, epoch, i >> 1);
            var bits = (i & 1) == 0 ? (ulong)x << 32 | y : (ulong)z << 32 | w;
            var j = (int)Math.BigMul(bits, (ulong)(i + 1), out _);   // 64 bits: no bias that could be measured
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}

using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Preparing;

/// <summary>The orders of the last two epochs asked for, so that a batch does not compute the whole epoch's order again. Thread-safe.</summary>
internal sealed class OrderCache(ulong seed, int count, Shuffle shuffle)
{
    private readonly Lock gate = new();
    private (int Epoch, int[] Order) last = (-1, []), before = (-1, []);

    /// <summary>The order of an epoch.</summary>
    public int[] Of(int epoch)
    {
        if (shuffle == Shuffle.Once) epoch = 0;
        lock (gate)
        {
            if (last.Epoch == epoch) return last.Order;
            if (before.Epoch == epoch) return before.Order;
            before = last;
            last = (epoch, EpochOrder.Permutation(seed, epoch, count));
            return last.Order;
        }
    }
}

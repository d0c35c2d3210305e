using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Tests;

/// <summary>The order of the training images.</summary>
public sealed class EpochOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(50_000)]
    public void Is_a_permutation(int count)
    {
        var seen = new bool[count];
        foreach (var image in EpochOrder.Permutation(3, 7, count))
        {
            Assert.False(seen[image]);
            seen[image] = true;
        }
    }

    [Fact]
    public void Depends_on_seed_and_epoch_alone()
    {
        var order = EpochOrder.Permutation(3, 7, 1000);
        Assert.Equal(order, EpochOrder.Permutation(3, 7, 1000));
        foreach (var other in new[] { EpochOrder.Permutation(3, 8, 1000), EpochOrder.Permutation(4, 7, 1000), Enumerable.Range(0, 1000).ToArray() })
        {
            // Two unrelated orders agree at one place on the average.
            Assert.InRange(order.Zip(other).Count(p => p.First == p.Second), 0, 8);
        }
    }

    [Fact]
    public void Every_image_comes_first_equally_often()
    {
        var counts = new int[6];
        for (var epoch = 0; epoch < 6000; epoch++) counts[EpochOrder.Permutation(1, epoch, 6)[0]]++;
        Assert.All(counts, c => Assert.InRange(c, 880, 1120));   // four standard deviations
    }

    [Fact]
    public void An_epoch_sees_each_image_once_and_may_be_the_same_each_time()
    {
        var images = new TestImages(96, 1, 4, 4);
        var still = new Augmentation { Mean = MeanKind.None, Mirror = DrawFor.Nothing };
        using var every = images.Source(still, 32);
        using var once = images.Source(still with { Shuffle = Shuffle.Once }, 32);
        var first = Epoch(every, 0);
        var second = Epoch(every, 1);
        Assert.NotEqual(first, second);
        Assert.Equal(first.Order(StringComparer.Ordinal), second.Order(StringComparer.Ordinal));
        Assert.Equal(96, first.Distinct().Count());
        Assert.Equal(Epoch(once, 0), Epoch(once, 1));
        Assert.Equal(first, Epoch(once, 5));
    }

    private static List<string> Epoch(IBatchSource source, int epoch)
    {
        var layout = Batches.Layout(1, 4);
        var seen = new List<string>();
        for (var batch = 0; batch < 3; batch++)
        {
            var (values, _) = Batches.Fill(source, Batches.Train(batch, 32, 0, epoch), layout);
            for (var n = 0; n < 32; n++) seen.Add(string.Join(' ', Enumerable.Range(0, 48).Select(i => values[i * 32 + n])));
        }
        return seen;
    }
}

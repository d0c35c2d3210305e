using System.Collections.Concurrent;
using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Storing;

/// <summary>Computes the statistics of a set's training images.</summary>
internal static unsafe class StatisticsPass
{
    /// <summary>
    /// Of a set that is decoded batch by batch, this many images, evenly spaced over the training files, are summed: each pixel's mean is then off by half a level or so (75 / √20,000).
    /// </summary>
    public const int Sample = 20_000;

    /// <summary>Over all training images in memory.</summary>
    public static TrainingStatistics Over(ResidentStore store, int threads) =>
        Sum(store.Count(Split.Train), store.Height, store.Width, threads, () => new Nothing(), (i, _, sums) => sums.Add(store.Place(Split.Train, i)));

    /// <summary>Over a sample of files, or from the cache.</summary>
    public static TrainingStatistics Over(ImageFile[] train, int height, int width, int? resize, int threads, StatisticsCache cache, Action<string>? log)
    {
        var count = Math.Min(Sample, train.Length);
        var sample = Enumerable.Range(0, count).Select(i => train[(long)i * train.Length / count]).ToArray();
        var key = StatisticsCache.Key(sample, height, width, resize);
        if (cache.Load(key) is { } kept && kept.Height == height && kept.Width == width) return kept;
        log?.Invoke($"computing the mean image and colour statistics from {count} of {train.Length} training images; they are kept for the next time");
        var statistics = Sum(count, height, width, threads, () => new Decoding(resize), (i, decoding, sums) =>
        {
            try
            {
                var planes = decoding.Room.Take(3L * height * width);
                decoding.Preparer.Prepare(sample[i], height, width, planes);
                sums.Add(planes);
            }
            catch (UndecodableException)
            {
                // Named in the log when a batch wants it.
            }
        });
        cache.Save(key, statistics);
        return statistics;
    }

    private static TrainingStatistics Sum<T>(int count, int height, int width, int threads, Func<T> tool, Action<int, T, StatisticsSums> add) where T : IDisposable
    {
        var parts = new ConcurrentBag<StatisticsSums>();
        ParallelWork.For(count, threads, () => new Summing<T>(tool(), height, width, parts), (i, mine) => add(i, mine.Tool, mine.Sums));
        var whole = new StatisticsSums(height, width);
        foreach (var part in parts) whole.Add(part);
        if (whole.Images == 0) throw new DataSetException("none of the training pictures can be decoded");
        return whole.Finish();
    }

    /// <summary>One thread's sums, handed in when it is done.</summary>
    private sealed class Summing<T>(T tool, int height, int width, ConcurrentBag<StatisticsSums> parts) : IDisposable where T : IDisposable
    {
        public T Tool => tool;

        public StatisticsSums Sums { get; } = new(height, width);

        public void Dispose()
        {
            tool.Dispose();
            parts.Add(Sums);
        }
    }

    private sealed class Decoding(int? resize) : IDisposable
    {
        public ImagePreparer Preparer { get; } = new(resize);

        public ImageRoom Room { get; } = new();

        public void Dispose()
        {
            Preparer.Dispose();
            Room.Dispose();
        }
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose() { }
    }
}

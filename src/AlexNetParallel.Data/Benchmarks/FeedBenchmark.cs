using System.Runtime.InteropServices;
using AlexNetParallel.Data.Generated;
using AlexNetParallel.Data.Prepared;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Benchmarks;

/// <summary>What one stage of the feed costs on one core.</summary>
/// <param name="Name">"read", "decode", "resize" ("separate" where the recipe has none), "augment"; "draw" and "augment" for the generated images; "all" is their sum.</param>
/// <param name="Images">Images of a pass.</param>
/// <param name="SecondsPerImage">Processor time, median over passes.</param>
public sealed record FeedStage(string Name, int Images, double SecondsPerImage)
{
    /// <summary>Images a second of one core.</summary>
    public double ImagesPerSecond => 1 / SecondsPerImage;
}

/// <summary>A measurement of the feed.</summary>
/// <param name="Description">The sample: data set, images.</param>
/// <param name="Stages">In the order in which an image passes them.</param>
/// <param name="Wrong">Values of batches that were not the same when made a second time: 0, or something is broken.</param>
public sealed record FeedMeasurement(string Description, IReadOnlyList<FeedStage> Stages, long Wrong);

/// <summary>Measures the feed stage by stage on one core: what <c>alexnet bench feed</c> shows.</summary>
public static unsafe class FeedBenchmark
{
    /// <summary>Training images that are measured with, spread over the set.</summary>
    public const int Sample = 256;

    /// <summary>Measures.</summary>
    /// <param name="path">Data set, or <see cref="Recipe.Generated"/>.</param>
    /// <param name="augmentation">Of the recipe.</param>
    /// <param name="layout">The network's input for a whole batch.</param>
    /// <param name="options">Seed, batch size and limits; one thread is used whatever they say.</param>
    /// <param name="budget">Time for each stage.</param>
    /// <exception cref="DataSetException">The set cannot be used.</exception>
    public static FeedMeasurement Run(string path, Augmentation augmentation, TensorLayout layout, FeedOptions options, TimeSpan budget)
    {
        options = options with { Threads = 1 };
        if (path == Recipe.Generated)
        {
            const int perClass = Sample / 10;
            var drawing = StageClock.Median(budget, () => GeneratedImages.Render(GeneratedImages.DefaultSeed, perClass, 0).Dispose());
            var drawn = GeneratedImages.Render(GeneratedImages.DefaultSeed, perClass, 0);
            return Augment("generated images", drawn, GeneratedImages.ClassNames, augmentation, layout, options, budget, [new("draw", 10 * perClass, drawing / (10 * perClass))]);
        }
        if (PreparedSet.IsIn(path))
        {
            var set = PreparedSet.Read(path);
            var side = augmentation.KeptSide ?? set.Size;
            using var shards = new ShardStore(path, set, 1, side);
            using var prepared = new DecodedSample(shards.Count(Split.Train), i => shards.File(Split.Train, i), path, side == set.Size ? null : side);
            return FromFiles(prepared, path, set.Classes, augmentation, layout, options, budget);
        }
        using var files = ImageFiles.Open(path, options.CompressedLimit);
        using var sample = new DecodedSample(files.Train.Length, i => files.Train[i], files.Description, augmentation.KeptSide);
        return FromFiles(sample, files.Description, files.Classes, augmentation, layout, options, budget);
    }

    private static FeedMeasurement FromFiles(
        DecodedSample sample, string description, IReadOnlyList<string> classes, Augmentation augmentation, TensorLayout layout, FeedOptions options, TimeSpan budget)
    {
        var count = sample.Files.Count;
        var stages = new List<FeedStage>
        {
            Stage("read", sample.Read),
            Stage("decode", sample.Decode),
            Stage(sample.Resizes ? "resize" : "separate", sample.Resize),
        };
        return Augment(description, sample.Store(), classes, augmentation, layout, options, budget, stages);

        FeedStage Stage(string name, Func<TimeSpan, double> measure) => new(name, count, measure(budget));
    }

    private static FeedMeasurement Augment(
        string description, ResidentStore store, IReadOnlyList<string> classes, Augmentation augmentation, TensorLayout layout, FeedOptions options, TimeSpan budget, List<FeedStage> stages)
    {
        using var source = new ImageBatchSource(store, classes, description, StatisticsPass.Over(store, 1), augmentation, options, new SkippedFiles(null));
        var images = (float*)NativeMemory.AlignedAlloc((nuint)(layout.Size * sizeof(float)), 4096);
        var again = (float*)NativeMemory.AlignedAlloc((nuint)(layout.Size * sizeof(float)), 4096);
        try
        {
            var labels = new int[options.BatchSize];
            var batches = Math.Max(1, store.Count(Split.Train) / options.BatchSize);
            var seconds = StageClock.Median(budget, () =>
            {
                for (var batch = 0; batch < batches; batch++) source.Fill(TickOf(batch), layout, images, labels);
            });
            source.Fill(TickOf(batches - 1), layout, again, labels);
            var wrong = 0L;
            for (var i = 0L; i < layout.Size; i++)
            {
                if (images[i] != again[i]) wrong++;   // NaN is wrong too
            }
            stages.Add(new FeedStage("augment", batches * options.BatchSize, seconds / (batches * options.BatchSize)));
            stages.Add(new FeedStage("all", stages.Min(s => s.Images), stages.Sum(s => s.SecondsPerImage)));
            return new FeedMeasurement(source.Description, stages, wrong);
        }
        finally
        {
            NativeMemory.AlignedFree(images);
            NativeMemory.AlignedFree(again);
        }

        Tick TickOf(int batch) => new(batch + 1, Split.Train, batch + 1, 0, batch, options.BatchSize, augmentation.ColourNoise);
    }
}

using System.Collections.Concurrent;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data;

/// <summary>The one implementation of <see cref="IBatchSource"/>: an image store, the statistics of its training images, and the augmentation of a recipe.</summary>
internal sealed unsafe partial class ImageBatchSource : IBatchSource
{
    private readonly IImageStore store;
    private readonly Augmentation augmentation;
    private readonly FeedOptions options;
    private readonly SkippedFiles skipped;
    private readonly MeanImage mean;
    private readonly OrderCache order;
    private readonly ConcurrentBag<ImageRoom> rooms = [];
    private readonly JitteredImages? jittered;

    /// <summary>Takes the store over; it is disposed of with this object.</summary>
    public ImageBatchSource(
        IImageStore store, IReadOnlyList<string> classes, string description, TrainingStatistics? statistics, Augmentation augmentation, FeedOptions options, SkippedFiles skipped)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        (this.store, Classes, Statistics, this.augmentation, this.options, this.skipped) = (store, classes, statistics, augmentation, options, skipped);
        Description = $"{description}: {store.Count(Split.Train)} training and {store.Count(Split.Test)} test images of {store.Width}×{store.Height}, {classes.Count} classes";
        if (augmentation.ResizeTo is not null) jittered = new JitteredImages(augmentation, options.Seed, store.Height, statistics);
        mean = new MeanImage(augmentation.Mean, store.Height, store.Width, statistics);
        order = new OrderCache(options.Seed, store.Count(Split.Train), augmentation.Shuffle);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public TrainingStatistics? Statistics { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(string File, string Reason)> Skipped => skipped.List;

    /// <inheritdoc/>
    public int Count(Split split) => store.Count(split);

    /// <inheritdoc/>
    public void Fill(Tick tick, TensorLayout layout, float* images, Span<int> labels, View? view = null)
    {
        Check(tick, layout, labels);
        Span<int> chosen = tick.Cases <= 1024 ? stackalloc int[tick.Cases] : new int[tick.Cases];
        Choose(tick, chosen, inOwnOrder: view is not null);
        for (var i = 0; i < chosen.Length; i++) labels[i] = store.Label(tick.Split, chosen[i]);

        var firstCase = Math.Min(tick.Cases, layout.Blocks.First * CaseBlock.Cases);
        var endCase = Math.Min(tick.Cases, layout.Blocks.End * CaseBlock.Cases);
        var room = rooms.TryTake(out var free) ? free : new ImageRoom();
        var planes = new nint[endCase - firstCase];
        store.Fetch(tick.Split, chosen[firstCase..endCase], planes, room);
        if (options.ThreadCount == 1 || layout.Blocks.Count == 1)
        {
            for (var block = layout.Blocks.First; block < layout.Blocks.End; block++) WriteBlock(tick, layout, images, block, planes, firstCase, view);
        }
        else
        {
            Parallel.For(layout.Blocks.First, layout.Blocks.End, new ParallelOptions { MaxDegreeOfParallelism = options.ThreadCount },
                block => WriteBlock(tick, layout, images, block, planes, firstCase, view));
        }
        rooms.Add(room);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (rooms.TryTake(out var room)) room.Dispose();
        store.Dispose();
        mean.Dispose();
        jittered?.Dispose();
    }

    /// <summary>Images of a tick: training takes the epoch's order, and goes on at its beginning when it is used up; test takes them as they are.</summary>
    private void Choose(Tick tick, Span<int> chosen, bool inOwnOrder)
    {
        var start = (long)tick.Batch * options.BatchSize;
        if (tick.Split == Split.Test || inOwnOrder)
        {
            for (var i = 0; i < chosen.Length; i++) chosen[i] = (int)(start + i);
            return;
        }
        var permutation = order.Of(tick.Epoch);
        for (var i = 0; i < chosen.Length; i++) chosen[i] = permutation[(start + i) % permutation.Length];
    }

    private void WriteBlock(Tick tick, TensorLayout layout, float* images, int block, nint[] planes, int firstPlane, View? view)
    {
        var cases = stackalloc CaseInput[CaseBlock.Cases];
        var first = block * CaseBlock.Cases;
        var count = Math.Clamp(tick.Cases - first, 0, CaseBlock.Cases);
        var noise = tick.Split == Split.Train && view is null ? tick.ColourNoise : 0;
        var divisor = augmentation.DivideBy * ColourNoise.Divisor(augmentation.ColourNoiseScale, noise);
        var destination = images + (block - layout.Blocks.First) * layout.BlockStride;
        if (jittered is not null)
        {
            using var cut = jittered.Take(layout.Height, layout.Width);
            for (var n = 0; n < count; n++)
            {
                cases[n] = cut.Case(n, tick, first + n, (byte*)planes[first + n - firstPlane], view);
                if (noise > 0) Shift(ref cases[n], tick, first + n, noise);
            }
            BlockWriter.Write(layout, destination, cases, count, layout.Height, layout.Width, (float)(1 / divisor));
            return;
        }
        for (var n = 0; n < count; n++) cases[n] = Input(tick, layout, first + n, (byte*)planes[first + n - firstPlane], noise, view);
        BlockWriter.Write(layout, destination, cases, count, store.Height, store.Width, (float)(1 / divisor));
    }

    private CaseInput Input(Tick tick, TensorLayout layout, int position, byte* planes, double noise, View? view)
    {
        var training = tick.Split == Split.Train && view is null;
        var (top, left) = Draws.Crop(training ? augmentation.Crop : DrawFor.Nothing, options.Seed, tick.Step, position, store.Height - layout.Height, store.Width - layout.Width);
        var mirror = training && Draws.Mirror(augmentation.Mirror, options.Seed, tick.Step, position);
        if (view is { } v) (top, left, mirror) = (v.Top(store.Height - layout.Height), v.Left(store.Width - layout.Width), v.Mirror);
        var input = new CaseInput
        {
            Pixels = planes + top * store.Width + left,
            Mean = mean.At(layout.Height, layout.Width, top, left, mirror),
            Mirror = mirror,
        };
        if (noise > 0) Shift(ref input, tick, position, noise);
        return input;
    }

    private void Shift(ref CaseInput input, Tick tick, int position, double noise) =>
        (input.Red, input.Green, input.Blue) = ColourNoise.Shift(augmentation.ColourNoiseScale, Statistics!, noise, Draws.Colour(options.Seed, tick.Step, position));

    private void Check(Tick tick, TensorLayout layout, Span<int> labels)
    {
        if (layout.Channels.Channels != 3 || layout.Shared) throw new ArgumentException($"the network's input has 3 channels and all its blocks, not {layout.Channels}", nameof(layout));
        if (layout.Height > store.Height || layout.Width > store.Width)
            throw new DataSetException($"the network reads {layout.Width}×{layout.Height} pixels, the images have {store.Width}×{store.Height}: 'resize' in the recipe makes them larger");
        if (tick.Cases < 1 || tick.Cases > options.BatchSize || labels.Length < tick.Cases)
            throw new ArgumentException($"a tick of {tick.Cases} cases, batches of {options.BatchSize}, room for {labels.Length} labels", nameof(tick));
        if (tick.Split == Split.Test && (long)tick.Batch * options.BatchSize + tick.Cases > store.Count(Split.Test))
            throw new ArgumentException($"test batch {tick.Batch} of {tick.Cases} cases goes past the {store.Count(Split.Test)} test images", nameof(tick));
        if (tick is { Split: Split.Train, ColourNoise: > 0 } && Statistics is null)
            throw new ArgumentException("a tick has colour noise, the recipe's augmentation has none", nameof(tick));
    }
}

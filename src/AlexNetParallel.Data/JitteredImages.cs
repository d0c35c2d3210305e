using System.Collections.Concurrent;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data;

/// <summary>Scale jittering: crops from images whose size is drawn for each training step (<see cref="Augmentation.ResizeTo"/>). Thread-safe.</summary>
/// <param name="augmentation">Of the recipe.</param>
/// <param name="seed">Of the run.</param>
/// <param name="kept">Side of the images as they are stored, the largest that is drawn.</param>
/// <param name="statistics">For the channels' means.</param>
internal sealed unsafe class JitteredImages(Augmentation augmentation, ulong seed, int kept, TrainingStatistics? statistics) : IDisposable
{
    private readonly ConcurrentBag<Cut> free = [];

    /// <summary>Room for the crops of one block; given back by disposing of it.</summary>
    public Cut Take(int height, int width) => free.TryTake(out var cut) && cut.Fits(height, width) ? cut : new Cut(this, height, width);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (free.TryTake(out var cut)) cut.Free();
    }

    /// <summary>The crops of one block of images.</summary>
    internal sealed class Cut(JitteredImages owner, int height, int width) : IDisposable
    {
        private readonly ImageRoom room = new();
        private readonly ScaledCrop crop = new();
        private readonly MeanImage mean = new(owner.Augmentation.Mean, height, width, owner.Constant(height, width));

        public bool Fits(int rows, int columns) => (rows, columns) == (height, width);

        /// <summary>Cuts one image of the block.</summary>
        /// <param name="place">Its place in the block.</param>
        /// <param name="tick">Training draws size, place and mirror; a test has the middle size and the centre.</param>
        /// <param name="position">Its place in the batch.</param>
        /// <param name="planes">As it is stored.</param>
        /// <param name="view">The part to look at, without any draw.</param>
        public CaseInput Case(int place, Tick tick, int position, byte* planes, View? view)
        {
            var window = room.Take(3L * CaseBlock.Cases * height * width) + 3L * place * height * width;
            var (augmentation, seed) = (owner.Augmentation, owner.Seed);
            var training = tick.Split == Split.Train && view is null;
            var drawn = training ? augmentation.Crop : DrawFor.Nothing;
            var side = Draws.Side(drawn, seed, tick.Step, position, augmentation.Resize!.Value, augmentation.ResizeTo!.Value);
            var (top, left) = Draws.Crop(drawn, seed, tick.Step, position, side - height, side - width);
            var mirror = training && Draws.Mirror(augmentation.Mirror, seed, tick.Step, position);
            if (view is { } v) (top, left, mirror) = (v.Top(side - height), v.Left(side - width), v.Mirror);
            crop.Cut(planes, owner.Kept, side, top, left, height, width, window);
            return new CaseInput { Pixels = window, Mean = mean.At(height, width, 0, 0, mirror), Mirror = mirror };
        }

        /// <summary>The room is somebody else's to take.</summary>
        public void Dispose() => owner.free.Add(this);

        public void Free()
        {
            room.Dispose();
            crop.Dispose();
            mean.Dispose();
        }
    }

    private Augmentation Augmentation => augmentation;

    private ulong Seed => seed;

    private int Kept => kept;

    // The means of the channels as an image of the crop's size.
    private TrainingStatistics? Constant(int height, int width) => statistics is null ? null
        : new TrainingStatistics(statistics.Images, height, width, [.. statistics.ChannelMean.SelectMany(m => Enumerable.Repeat(m, height * width))], statistics.Covariance);
}

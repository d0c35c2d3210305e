using System.Diagnostics;
using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Generated;
using AlexNetParallel.Data.Prepared;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data;

/// <summary>Opens data sets.</summary>
public static class DataSet
{
    private const int MostPixels = 1 << 14;

    /// <summary>
    /// Opens a data set: a folder or a tar (.tar, .tar.gz, .tgz) of class folders with JPEG and PNG files; a folder that holds a train and a test (or val) part as folders or
    /// tars; a folder that 'alexnet data prepare' made; or the built-in generated images. A set without parts has one picture in ten held back for testing, by a hash of its name. Small sets are decoded here.
    /// </summary>
    /// <param name="path">Path, or <see cref="Recipe.Generated"/>.</param>
    /// <param name="augmentation">Of the recipe.</param>
    /// <param name="options">Seed, batch size, threads, limits.</param>
    /// <exception cref="DataSetException">The set cannot be used; the message says why and what to do.</exception>
    public static IBatchSource Open(string path, Augmentation augmentation, FeedOptions options)
    {
        if (augmentation.Resize is < 1 || augmentation.KeptSide is > MostPixels) throw new DataSetException($"a resize to {augmentation.KeptSide} pixels is not possible; expected 1 to {MostPixels}");
        if (path == Recipe.Generated)
        {
            if (augmentation.KeptSide is { } size and not GeneratedImages.Side)
                throw new DataSetException($"the generated images have {GeneratedImages.Side}×{GeneratedImages.Side} pixels; a resize to {size} is for pictures from files ('alexnet data make' writes them)");
            return FromResident(GeneratedImages.Render(), GeneratedImages.ClassNames, "generated images", augmentation, options, new SkippedFiles(options.Log));
        }

        if (PreparedSet.IsIn(path)) return FromPrepared(path, augmentation, options);
        var files = ImageFiles.Open(path, options.CompressedLimit);
        try
        {
            var skipped = new SkippedFiles(options.Log);
            foreach (var (file, reason) in files.PassedOver) skipped.Add(file, reason);
            var (height, width) = augmentation.KeptSide is { } side ? (side, side) : FirstSize(files, skipped);
            var bytes = (files.Train.Length + (long)files.Test.Length) * 3 * height * width;
            return bytes <= options.DecodedLimit ? Decoded(files, height, width, augmentation, options, skipped) : OnDemand(files, height, width, augmentation, options, skipped);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private static ImageBatchSource FromPrepared(string path, Augmentation augmentation, FeedOptions options)
    {
        var set = PreparedSet.Read(path);
        var side = augmentation.KeptSide ?? set.Size;
        if (side > set.Size)
            throw new DataSetException($"{path} was prepared with {set.Size}×{set.Size} pixels, and a resize to {side} is wanted: prepare it with --size {side} or more, or resize to {set.Size} or less");
        var store = new ShardStore(path, set, options.ThreadCount, side);
        try
        {
            return new ImageBatchSource(store, set.Classes, path, set.Statistics(path).At(side), augmentation, options, new SkippedFiles(options.Log));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static ImageBatchSource Decoded(ImageFiles files, int height, int width, Augmentation augmentation, FeedOptions options, SkippedFiles skipped)
    {
        var watch = Stopwatch.StartNew();
        var store = ResidentStore.Decode(files, height, width, augmentation.KeptSide, options.ThreadCount, skipped);
        files.Dispose();
        if (store.Count(Split.Train) == 0)
        {
            store.Dispose();
            throw new DataSetException($"none of the training pictures of {files.Description} can be decoded; the first: {skipped.List[0].File} {skipped.List[0].Reason}");
        }
        options.Log?.Invoke($"decoded {store.Count(Split.Train) + store.Count(Split.Test)} images in {watch.Elapsed.TotalSeconds:0.0} s");
        return FromResident(store, files.Classes, files.Description, augmentation, options, skipped);
    }

    private static ImageBatchSource FromResident(ResidentStore store, IReadOnlyList<string> classes, string description, Augmentation augmentation, FeedOptions options, SkippedFiles skipped) =>
        new(store, classes, description, StatisticsPass.Over(store, options.ThreadCount), augmentation, options, skipped);

    private static ImageBatchSource OnDemand(ImageFiles files, int height, int width, Augmentation augmentation, FeedOptions options, SkippedFiles skipped)
    {
        var needed = augmentation.Mean != MeanKind.None || augmentation.ColourNoise > 0;
        var statistics = needed
            ? StatisticsPass.Over(files.Train, height, width, augmentation.KeptSide, options.ThreadCount, new StatisticsCache(options.CacheFolder), options.Log)
            : null;
        var store = new DecodingStore(files, height, width, augmentation.KeptSide, options.ThreadCount, skipped);
        return new ImageBatchSource(store, files.Classes, files.Description, statistics, augmentation, options, skipped);
    }

    /// <summary>The size of the first training image that can be decoded: without a resize all others must have it.</summary>
    private static (int Height, int Width) FirstSize(ImageFiles files, SkippedFiles skipped)
    {
        using var preparer = new ImagePreparer(null);
        foreach (var file in files.Train)
        {
            try
            {
                return preparer.Measure(file);
            }
            catch (UndecodableException e)
            {
                skipped.Add(file.Name, e.Message);
            }
        }
        throw new DataSetException($"none of the training pictures of {files.Description} can be decoded; the first: {skipped.List[0].File} {skipped.List[0].Reason}");
    }
}

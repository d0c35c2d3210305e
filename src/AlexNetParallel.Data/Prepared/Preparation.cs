using System.Security.Cryptography;
using System.Text;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Prepared;

/// <summary>What a preparation is to do.</summary>
public sealed record PreparationOptions
{
    /// <summary>Side of the square images.</summary>
    public int Size { get; init; } = 256;

    /// <summary>JPEG quality, 1 to 100, chroma in full. The 2012 program's folder of images is named after a quality of 85.</summary>
    public int Quality { get; init; } = 90;

    /// <summary>Threads, each with a shard of its own; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Images of a shard.</summary>
    public int ShardImages { get; init; } = 4096;

    /// <summary>Where the labels of a flat validation tar come from; null where the source has class folders throughout.</summary>
    public ValidationLabels? Validation { get; init; }

    /// <summary>Words for each class, by the class folder's name; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Words { get; init; }

    /// <summary>Told from time to time: images done, images in all, broken ones.</summary>
    public Action<long, long, int>? Progress { get; init; }

    /// <summary>Told what is being done.</summary>
    public Action<string>? Log { get; init; }
}

/// <summary>Makes a prepared set. Nothing is unpacked: pictures are read where they lie in tars, or tars of tars.</summary>
/// <param name="source">A folder or tar as <see cref="DataSet.Open"/> takes it, such as ILSVRC2012_img_train.tar.</param>
/// <param name="folder">Where the set goes.</param>
/// <param name="options">What is to be done.</param>
public sealed class Preparation(string source, string folder, PreparationOptions options)
{
    private long done;
    private int broken;

    /// <summary>Does it, or goes on where an earlier try was ended.</summary>
    /// <exception cref="DataSetException">The source cannot be used, or the folder.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end; what is done is kept.</exception>
    public PreparedSet Run(CancellationToken cancellation)
    {
        if (PreparedSet.IsIn(folder)) throw new DataSetException($"{folder} holds a prepared set already; use another folder");
        options.Log?.Invoke($"listing the pictures of {source}");
        using var found = options.Validation is { } labels ? labels.Add(source) : new SourceFiles(ImageFiles.Open(source));
        Directory.CreateDirectory(folder);
        var state = PreparationState.Open(folder, Key(found), options.Size);
        foreach (var left in Directory.GetFiles(folder, "*.partial")) File.Delete(left);
        IReadOnlyList<string> classes = [.. found.Classes.Select(c => options.Words?.GetValueOrDefault(c) is { } words ? $"{c} {words}" : c)];
        var jobs = Jobs(Split.Train, found.Train).Concat(Jobs(Split.Test, found.Test)).ToList();
        var total = jobs.Sum(j => (long)j.Pictures.Count);
        done = jobs.Where(j => state.Shards.ContainsKey(j.File)).Sum(j => (long)j.Pictures.Count);
        broken = state.Broken.Count;
        if (done > 0) options.Log?.Invoke($"going on: {done} of {total} images are done");
        Parallel.ForEach(jobs.Where(j => !state.Shards.ContainsKey(j.File)),
            new ParallelOptions { MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : Environment.ProcessorCount, CancellationToken = cancellation },
            () => new ShardWriter(options.Size, options.Quality),
            (job, _, writer) =>
            {
                var sums = job.Split == Split.Train ? new StatisticsSums(options.Size, options.Size) : null;
                var unusable = new List<BrokenFile>();
                var shard = writer.Write(Path.Combine(folder, job.File), job.Pictures, classes, sums, b =>
                {
                    unusable.Add(b);
                    Interlocked.Increment(ref broken);
                }, () => options.Progress?.Invoke(Interlocked.Increment(ref done), total, broken), cancellation);
                state.Add(shard, unusable, sums);
                return writer;
            }, writer => writer.Dispose());
        return Finish(state, found, classes, jobs);
    }

    private PreparedSet Finish(PreparationState state, SourceFiles found, IReadOnlyList<string> classes, List<Job> jobs)
    {
        if (state.Sums.Images == 0) throw new DataSetException($"none of the training pictures of {source} can be decoded; the first: {state.Broken[0].File} {state.Broken[0].Reason}");
        var statistics = state.Sums.Finish();
        MeanFile.Write(Path.Combine(folder, PreparedSet.MeanName), statistics.Mean, options.Size);
        File.WriteAllLines(Path.Combine(folder, "classes.txt"), classes);
        IReadOnlyList<BrokenFile> unusable = [.. found.PassedOver.Select(p => new BrokenFile(p.File, p.Reason)).Concat(state.Broken).OrderBy(b => b.File, StringComparer.Ordinal)];
        File.WriteAllLines(Path.Combine(folder, "broken.tsv"), unusable.Select(b => $"{b.File}\t{b.Reason}"));
        var set = new PreparedSet
        {
            Source = found.Description,
            Size = options.Size,
            Quality = options.Quality,
            Classes = classes,
            Train = Of(Split.Train),
            Test = Of(Split.Test),
            MeanOf = statistics.Images,
            Covariance = [.. statistics.Covariance.Cast<double>()],
            Deviations = [.. statistics.Eigenvalues.Select(v => 255 * Math.Sqrt(v))],
            Eigenvectors = [.. statistics.Eigenvectors.Cast<double>()],
            Broken = unusable,
        };
        set.Write(folder);
        state.Delete();
        return set;

        IReadOnlyList<PreparedShard> Of(Split split) => [.. jobs.Where(j => j.Split == split).Select(j => state.Shards[j.File])];
    }

    private IEnumerable<Job> Jobs(Split split, ImageFile[] pictures) => pictures.Chunk(options.ShardImages)
        .Select((part, i) => new Job(split, $"{(split == Split.Train ? "train" : "test")}-{i:D5}.tar", part));

    private string Key(SourceFiles found)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{options.Size} {options.Quality} {options.ShardImages}\n{string.Join('\n', found.Classes)}\n"));
        foreach (var file in found.Train.Concat(found.Test)) hash.AppendData(Encoding.UTF8.GetBytes($"{file.Name}\t{file.Label}\t{file.Bytes.Length}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed record Job(Split Split, string File, IReadOnlyList<ImageFile> Pictures);
}

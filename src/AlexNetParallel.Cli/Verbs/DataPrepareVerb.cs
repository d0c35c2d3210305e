using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Data.Prepared;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet data prepare`: from ILSVRC's tars, or class folders, to shards of small images.</summary>
internal sealed class DataPrepareVerb : Verb
{
    private static readonly PreparationOptions defaults = new();

    private readonly Argument<string> source = new("SOURCE") { Description = "ILSVRC2012_img_train.tar, or any folder or tar of class folders (or of class tars)" };
    private readonly Argument<string> folder = new("DIR") { Description = "Folder for the prepared set; one that a killed preparation left is gone on with" };
    private readonly Option<string?> validation = new("--validation") { Description = "A tar of test pictures without class folders, such as ILSVRC2012_img_val.tar", HelpName = "TAR" };
    private readonly Option<string?> truth = new("--ground-truth") { Description = "The devkit's ILSVRC ID of each of them, one a line", HelpName = "FILE" };
    private readonly Option<string?> ids = new("--ids") { Description = "Which class an ILSVRC ID is: the devkit's meta.mat, a tab-separated file with columns wnid and ilsvrc2012_id, or one WNID a line in the order of the IDs", HelpName = "FILE" };
    private readonly Option<string?> words = new("--class-names") { Description = "Words for the classes: 'WNID words' a line, as Caffe's synset_words.txt, or meta.mat [default: those of --ids, where it is meta.mat]", HelpName = "FILE" };
    private readonly Option<int?> size = Numbers.Option("--size", $"Side of the square images: the shorter side is brought to it, the central square kept [default: {defaults.Size}]", 1);
    private readonly Option<int?> quality = Numbers.Option("--quality", $"JPEG quality, 1 to 100 [default: {defaults.Quality}]", 1);
    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads [default: one a core]", 1);
    private readonly Option<int?> shard = Numbers.Option("--shard-images", $"Images of a shard [default: {defaults.ShardImages}]", 1);

    public DataPrepareVerb() : base("prepare", "Makes shards of small images, their mean and colour statistics, from ILSVRC's tars or class folders")
    {
        Arguments.Add(source);
        Arguments.Add(folder);
        foreach (var option in (Option[])[validation, truth, ids, words, size, quality, threads, shard]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet data prepare ILSVRC2012_img_train.tar /data/ilsvrc --validation ILSVRC2012_img_val.tar --ground-truth ILSVRC2012_validation_ground_truth.txt --ids meta.mat",
            "ILSVRC-2012; the tar of tars is read as it is"),
        ("./alexnet data prepare pictures small --size 64 --quality 95", "class folders to images of 64×64"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        if (context.Get(quality) is > 100 and var q) throw new UsageException($"found --quality {q}; expected 1 to 100");
        var given = new[] { validation, truth, ids }.Where(o => context.Get(o) is not null).ToList();
        if (given.Count is 1 or 2) throw new UsageException($"found {string.Join(" and ", given.Select(o => o.Name))}; expected --validation, --ground-truth and --ids together");
        using var interruption = new Interruption(_ => context.Complain("interrupted; the shards that are done are kept"), () => { });
        var meter = new Meter(context.Log);
        var options = new PreparationOptions
        {
            Size = context.Get(size) ?? defaults.Size,
            Quality = context.Get(quality) ?? defaults.Quality,
            Threads = context.Get(threads) ?? 0,
            ShardImages = context.Get(shard) ?? defaults.ShardImages,
            Validation = given.Count == 3 ? new ValidationLabels(context.Get(validation)!, context.Get(truth)!, context.Get(ids)!) : null,
            Words = context.Get(words) is { } file ? ReadWords(file) : context.Get(ids) is { } meta && DevkitMeta.IsNamedSo(meta) ? ReadWords(meta) : null,
            Log = context.Log.WriteLine,
            Progress = meter.Tell,
        };
        PreparedSet set;
        try
        {
            set = new Preparation(context.Get(source), context.Get(folder), options).Run(interruption.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{context.Get(folder)} cannot be written: {e.Message}");
        }
        catch (AggregateException e) when (e.InnerException is DataSetException or OperationCanceledException)
        {
            throw e.InnerException;
        }
        Report(context, set, meter);
        return Task.FromResult(ExitCode.Done);
    }

    private void Report(VerbContext context, PreparedSet set, Meter meter)
    {
        var (train, test) = (set.Train.Sum(s => (long)s.Images), set.Test.Sum(s => (long)s.Images));
        if (context.Json)
        {
            context.Results.Json(new { Path = Path.GetFullPath(context.Get(folder)), TrainImages = train, TestImages = test, Classes = set.Classes.Count, Shards = set.Train.Count + set.Test.Count, set.Deviations, set.Eigenvectors, set.Broken, Seconds = meter.Seconds });
            return;
        }
        context.Results.Line($"{Units.Count(train)} training and {Units.Count(test)} test images of {set.Size}×{set.Size}, {set.Classes.Count} classes, in {set.Train.Count + set.Test.Count} shards: {context.Get(folder)}");
        context.Results.Line(string.Create(CultureInfo.InvariantCulture, $"deviations of the colours' principal components: {set.Deviations[0]:F2}, {set.Deviations[1]:F2}, {set.Deviations[2]:F2} of 255"));
        if (set.Broken.Count > 0) context.Results.Table($"{set.Broken.Count} files could not be used (broken.tsv has them too)", ["file", "reason"], [.. set.Broken.Select(b => (IReadOnlyList<string>)[b.File, b.Reason])]);
    }

    private static Dictionary<string, string> ReadWords(string path)
    {
        if (DevkitMeta.IsNamedSo(path)) return DevkitMeta.Read(path).Where(s => s.Words.Length > 0).DistinctBy(s => s.Wnid).ToDictionary(s => s.Wnid, s => s.Words, StringComparer.Ordinal);
        try
        {
            return File.ReadLines(path).Select(l => l.Trim().Split(' ', 2)).Where(l => l.Length == 2).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{path}: {e.Message}; expected 'WNID words' a line");
        }
    }

    /// <summary>Tells every few seconds how far it is and how long it will take.</summary>
    private sealed class Meter(TextWriter log)
    {
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private readonly Lock gate = new();
        private double last;
        private long first = -1;

        public double Seconds => watch.Elapsed.TotalSeconds;

        public void Tell(long done, long total, int broken)
        {
            lock (gate)
            {
                var now = watch.Elapsed.TotalSeconds;
                if (first < 0) (first, last) = (done - 1, now);
                if (now - last < 5 && done != total) return;
                last = now;
                var rate = (done - first) / Math.Max(now, 1e-3);
                log.WriteLine($"{Units.Count(done)} of {Units.Count(total)} images, {Progress.Rate(rate)} images/s, about {Units.Seconds((total - done) / rate)} left{(broken > 0 ? $", {broken} broken" : "")}");
            }
        }
    }
}

using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Data.Generated;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet data`: looks at data sets and makes one.</summary>
internal static class DataVerbs
{
    public static Command Create() => new("data", "Prepares data sets, looks at them, and makes one") { new DataPrepareVerb(), new DataInfoVerb(), new DataMakeVerb() };
}

/// <summary>`alexnet data info`: what a data set holds, as training would see it.</summary>
internal sealed class DataInfoVerb : Verb
{
    private readonly Argument<string> path = new("PATH") { Description = "A folder or tar of class folders, a folder with a train and a test part, or 'generated'" };
    private readonly Option<int?> resize = Numbers.Option("--resize", "Shorter side to resize to; without it all images must be of one size", 1);

    public DataInfoVerb() : base("info", "Prints classes, numbers of images, mean colour, and the files that cannot be used")
    {
        Arguments.Add(path);
        Options.Add(resize);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet data info ../cifar10", "a folder that holds a train and a test part"),
        ("./alexnet data info pictures.tar --resize 256 --json", "a tar of class folders with pictures of all sizes"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var augmentation = new Augmentation { Resize = context.Get(resize), Mean = MeanKind.None, ColourNoise = 0 };
        using var set = DataSet.Open(context.Get(path), augmentation, new FeedOptions { Seed = 0, BatchSize = 1, Log = context.Log.WriteLine });
        var mean = set.Statistics?.ChannelMean;
        if (context.Json)
        {
            context.Results.Json(new
            {
                Path = context.Get(path),
                set.Description,
                Classes = set.Classes.Count,
                ClassNames = set.Classes,
                TrainImages = set.Count(Split.Train),
                TestImages = set.Count(Split.Test),
                MeanRgb = mean,
                Skipped = set.Skipped.Select(s => new { s.File, s.Reason }),
            });
            return Task.FromResult(ExitCode.Done);
        }
        context.Results.Line(set.Description);
        context.Results.Line($"{set.Classes.Count} classes, {Units.Count(set.Count(Split.Train))} images to train, {Units.Count(set.Count(Split.Test))} to test");
        if (mean is not null) context.Results.Line(string.Create(CultureInfo.InvariantCulture, $"mean colour: red {mean[0]:F1}, green {mean[1]:F1}, blue {mean[2]:F1} of 255"));
        context.Results.Line($"classes: {string.Join(", ", set.Classes.Take(20))}{(set.Classes.Count > 20 ? ", …" : "")}");
        if (set.Skipped.Count > 0) context.Results.Table($"{set.Skipped.Count} files cannot be used", ["file", "reason"], [.. set.Skipped.Select(s => (IReadOnlyList<string>)[s.File, s.Reason])]);
        return Task.FromResult(ExitCode.Done);
    }
}

/// <summary>`alexnet data make`: writes the generated images as files.</summary>
internal sealed class DataMakeVerb : Verb
{
    private readonly Argument<string> folder = new("DIR") { Description = "Folder to write to; new or empty" };
    private readonly Option<string> format = new("--format") { Description = "File format", HelpName = "png|jpeg", DefaultValueFactory = _ => "png" };
    private readonly Option<ulong?> seed = Numbers.SeedOption("--seed", $"Seed [default: {GeneratedImages.DefaultSeed}, that of the built-in set]");
    private readonly Option<int?> train = Numbers.Option("--train-per-class", $"Training images of a class [default: {GeneratedImages.TrainPerClass}]", 1);
    private readonly Option<int?> test = Numbers.Option("--test-per-class", $"Test images of a class [default: {GeneratedImages.TestPerClass}]", 0);

    public DataMakeVerb() : base("make", "Writes the built-in generated images as PNG or JPEG files in class folders")
    {
        format.AcceptOnlyFromAmong("png", "jpeg");
        Arguments.Add(folder);
        foreach (var option in (Option[])[format, seed, train, test]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet data make /tmp/shapes", "the set that the quickstart trains on, as PNG files"),
        ("./alexnet data make /tmp/more --format jpeg --seed 7 --train-per-class 5000", "another, larger one"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var target = context.Get(folder);
        int files;
        try
        {
            files = GeneratedImages.Write(target, context.Get(format) == "png" ? PictureFormat.Png : PictureFormat.Jpeg,
                context.Get(seed) ?? GeneratedImages.DefaultSeed, context.Get(train) ?? GeneratedImages.TrainPerClass, context.Get(test) ?? GeneratedImages.TestPerClass);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{target} cannot be written to: {e.Message}");
        }
        if (context.Json) context.Results.Json(new { Path = Path.GetFullPath(target), Files = files, Classes = GeneratedImages.ClassNames.Count });
        else context.Results.Line($"{Units.Count(files)} files in {target}");
        return Task.FromResult(ExitCode.Done);
    }
}

using System.CommandLine;
using AlexNetParallel.Data;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Inference;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options of verbs that use a trained net: what it looks at, and what it runs on.</summary>
internal sealed class TrainedArguments
{
    private const int DefaultBatch = 128;

    private readonly Option<string?> data = new("--data") { Description = "Images in place of the run's own: they give the mean image and the names of the classes too", HelpName = "PATH" };
    private readonly Option<int?> batch = Numbers.Option("--batch", $"Images of a forward pass [default: {DefaultBatch}]", 1);
    private readonly Option<int?> workers = Numbers.Option("--workers", "Workers, as threads of this process; the same bits for any number [default: 1]", 1);
    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads of each worker [default: one a core]", 1);

    /// <summary>The trained net.</summary>
    public Argument<string> Run { get; } = new("RUN") { Description = "Folder of a run, whose newest checkpoint is taken, or of one checkpoint in it" };

    /// <summary>All of them but <see cref="Run"/>.</summary>
    public IReadOnlyList<Option> All => [data, batch, workers, threads];

    /// <summary>Loads a net.</summary>
    public TrainedNetwork Open(VerbContext context, string path) =>
        new(TrainedRun.Find(path), context.Get(batch) ?? DefaultBatch, context.Get(workers) ?? 1, context.Get(threads) ?? Environment.ProcessorCount);

    /// <summary>Opens the images as the net's recipe reads them.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public IBatchSource Images(VerbContext context, TrainedNetwork network)
    {
        var recipe = network.Run.Recipe;
        var path = context.Get(data) ?? recipe.Data ?? throw new UsageException($"the run of recipe '{recipe.Name}' names no images; expected --data PATH");
        if (path != Recipe.Generated && !Path.Exists(path)) throw new UsageException($"found no images in '{path}': no such file or folder; expected --data PATH");
        var source = DataSet.Open(path, recipe.Augmentation, new FeedOptions { Seed = recipe.Seed, BatchSize = context.Get(batch) ?? DefaultBatch, Log = context.Log.WriteLine });
        if (source.Classes.Count <= network.Network.Classes) return source;
        using (source)
            throw new UsageException($"{source.Description} has {source.Classes.Count} classes; network {network.Network.Name} tells {network.Network.Classes} apart");
    }

    /// <summary>Name of a class; its number where the images have no such class.</summary>
    public static string ClassName(IBatchSource source, int label) => label < source.Classes.Count ? source.Classes[label] : $"class {label}";

    /// <summary>An option for the number of views.</summary>
    public static Option<int> Views()
    {
        var views = new Option<int>("--views") { Description = "Views of each image, whose probabilities are averaged: 1, the centre, or 10, the corners and the centre and their mirror images", HelpName = "1|10", DefaultValueFactory = _ => 1 };
        views.AcceptOnlyFromAmong("1", "10");
        return views;
    }

    /// <summary>An option for a part of the set.</summary>
    public static Option<string> Part()
    {
        var split = new Option<string>("--split") { Description = "Part of the set", HelpName = "test|train", DefaultValueFactory = _ => "test" };
        split.AcceptOnlyFromAmong("test", "train");
        return split;
    }

    /// <summary>The part that <see cref="Part"/> names.</summary>
    public static Split SplitOf(string word) => word == "train" ? Split.Train : Split.Test;

    /// <summary>The views that <see cref="Views"/> names.</summary>
    public static IReadOnlyList<View> ViewsOf(int number) => number == 10 ? View.Ten : View.One;
}

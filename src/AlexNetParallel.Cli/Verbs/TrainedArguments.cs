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
    public TrainedNetwork Open(VerbContext context, string path) => Open(context, TrainedRun.Find(path));

    /// <summary>Loads a net.</summary>
    /// <param name="context">The arguments.</param>
    /// <param name="run">What was trained.</param>
    /// <param name="dense">Rows and columns of the whole images that it is to look at; null for crops of its own size.</param>
    /// <exception cref="UsageException">It cannot look at images of that size densely.</exception>
    public TrainedNetwork Open(VerbContext context, TrainedRun run, (int Height, int Width)? dense = null)
    {
        try
        {
            return new TrainedNetwork(run, context.Get(batch) ?? DefaultBatch, context.Get(workers) ?? 1, context.Get(threads) ?? Environment.ProcessorCount, dense);
        }
        catch (ArgumentException e) when (dense is not null)
        {
            throw new UsageException($"found {e.Message}");
        }
    }

    /// <summary>Opens the images as a net's recipe reads them.</summary>
    /// <param name="context">The arguments.</param>
    /// <param name="run">Whose recipe.</param>
    /// <param name="scale">The shorter side to bring them to in place of the recipe's; null for that.</param>
    /// <exception cref="UsageException">There are none.</exception>
    public IBatchSource Images(VerbContext context, TrainedRun run, int? scale = null)
    {
        var recipe = run.Recipe;
        var augmentation = recipe.Augmentation with { Resize = scale ?? recipe.Augmentation.TestSide, ResizeTo = null };
        var path = context.Get(data) ?? recipe.Data ?? throw new UsageException($"the run of recipe '{recipe.Name}' names no images; expected --data PATH");
        if (path != Recipe.Generated && !Path.Exists(path)) throw new UsageException($"found no images in '{path}': no such file or folder; expected --data PATH");
        var source = DataSet.Open(path, augmentation, new FeedOptions { Seed = recipe.Seed, BatchSize = context.Get(batch) ?? DefaultBatch, Log = context.Log.WriteLine });
        if (source.Classes.Count <= recipe.Network.Classes) return source;
        using (source)
            throw new UsageException($"{source.Description} has {source.Classes.Count} classes; network {recipe.Network.Name} tells {recipe.Network.Classes} apart");
    }

    /// <summary>Name of a class; its number where the images have no such class.</summary>
    public static string ClassName(IBatchSource source, int label) => label < source.Classes.Count ? source.Classes[label] : $"class {label}";

    /// <summary>An option for the number of views.</summary>
    public static Option<int> Views()
    {
        var views = new Option<int>("--views") { Description = "Views of each image, whose probabilities are averaged: 1, the centre; 2, the same mirrored too; or 10, the corners and the centre and their mirror images", HelpName = "1|2|10", DefaultValueFactory = _ => 1 };
        views.AcceptOnlyFromAmong("1", "2", "10");
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
    public static IReadOnlyList<View> ViewsOf(int number) => number switch { 10 => View.Ten, 2 => View.Two, _ => View.One };
}

using System.CommandLine;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options that say what is run, for every verb that runs something, and what they come to.</summary>
internal sealed class RunArguments
{
    private readonly Option<string> recipe = new("--recipe") { Description = "Name or file of the recipe: everything that defines a run", HelpName = "NAME|FILE", DefaultValueFactory = _ => "quickstart" };
    private readonly Option<string?> data = new("--data") { Description = "Images: a folder or tar of class folders, or a folder with a train and a test part; or 'generated'", HelpName = "PATH" };
    private readonly Option<string?> network = new("--network") { Description = "Name or file of a network, in place of the recipe's", HelpName = "NAME|FILE" };
    private readonly Option<string?> dialect = Choice("--dialect", "For a network that has both", "paper", "source");
    private readonly Option<string?> neuron = Choice("--neuron", "Stands for every neuron of the network", "relu", "tanh");
    private readonly Option<string?> partition = new("--partition") { Description = "Name or file of a partition, in place of the recipe's", HelpName = "NAME|FILE" };
    private readonly Option<int?> workers = Numbers.Option("--workers", "Number of workers", 1);
    private readonly Option<int?> batch = Numbers.Option("--batch", "Images of a batch", 1);
    private readonly Option<long?> steps = Numbers.LongOption("--steps", "Length of the run in training steps", 1);
    private readonly Option<int?> epochs = Numbers.Option("--epochs", "Length of the run in passes over the training images", 1);
    private readonly Option<ulong?> seed = Numbers.SeedOption("--seed", "Seed of initial weights, order, augmentation and dropout");
    private readonly Option<string?> run = new("--run") { Description = "Folder of the run [default: runs/ and the recipe's name]", HelpName = "DIR" };
    private readonly Option<bool> resume = new("--resume") { Description = "Go on from the run's last checkpoint" };
    private readonly Option<bool> noFeed = new("--no-feed") { Description = "Make one batch and use it for every step: measures without the data path" };

    /// <summary>What activations cross by.</summary>
    public Option<string?> Transport { get; } = Choice("--transport", "What activations cross by [default: peer]", "peer", "grpc");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [recipe, data, network, dialect, neuron, partition, workers, Transport, batch, steps, epochs, seed, run, resume, noFeed];

    /// <summary>Those that a verification takes: it runs a few steps in a folder of its own.</summary>
    public IReadOnlyList<Option> ForVerification => [recipe, data, network, dialect, neuron, partition, workers, Transport, batch, steps, seed];

    /// <summary>The value of --steps.</summary>
    public long? Steps(VerbContext context) => context.Get(steps);

    /// <summary>What the arguments come to.</summary>
    /// <exception cref="UsageException">They do not fit together.</exception>
    public RunRequest Resolve(VerbContext context)
    {
        if (context.IsGiven(steps) && context.IsGiven(epochs)) throw new UsageException("found both --steps and --epochs; expected one of them");
        var resuming = context.Get(resume);
        var folder = FindFolder(context, resuming);
        var resolved = resuming ? LoadResumed(context, folder) : RecipeFile.Load(context.Get(recipe)!, Overrides(context));
        folder ??= FreeFolder(resolved.Name);
        if (resolved.Data is null) throw new UsageException($"recipe '{resolved.Name}' needs images; expected --data PATH");
        var plan = Plan.Compile(resolved.Network, resolved.Partition, resolved.Workers, resolved.Batch);
        var from = resuming ? folder.Checkpoints.Newest : null;
        return new RunRequest(resolved, plan, folder, context.Get(Transport) ?? "peer", from is null ? null : (from, CheckpointInfo.Read(from)), context.Get(noFeed));
    }

    private RecipeOverrides Overrides(VerbContext context) => new()
    {
        Network = context.Get(network),
        Dialect = context.Get(dialect),
        Neuron = context.Get(neuron) is { } word ? Enum.Parse<Neuron>(word, ignoreCase: true) : null,
        Data = context.Get(data),
        Partition = context.Get(partition),
        Workers = context.Get(workers),
        Batch = context.Get(batch),
        Epochs = context.Get(epochs),
        Steps = context.Get(steps),
        Seed = context.Get(seed),
    };

    private Recipe LoadResumed(VerbContext context, RunFolder? folder)
    {
        if (folder is null || !File.Exists(folder.Recipe)) throw new UsageException($"found no run to resume in {folder?.Path ?? "runs/"}; expected --run DIR of a run that was begun");
        foreach (var option in (Option[])[network, dialect, neuron, batch, seed])
        {
            if (context.IsGiven(option)) throw new UsageException($"found {option.Name} with --resume; what the steps done so far depend on cannot be changed. Begin a new run, or leave it out");
        }
        return RecipeFile.Load(folder.Recipe, Overrides(context));
    }

    private RunFolder? FindFolder(VerbContext context, bool resuming)
    {
        if (context.Get(run) is { } given)
        {
            var folder = new RunFolder(given);
            if (folder.IsUsed && !resuming) throw new UsageException($"found a run in {given}; expected a new folder, or --resume to go on with it");
            return folder;
        }
        return resuming ? LastFolder(RecipeFile.Load(context.Get(recipe)!).Name) : null;
    }

    // runs/NAME, runs/NAME-2, …: a new run never writes into an old one's folder.
    private static IEnumerable<RunFolder> Folders(string name) => Enumerable.Range(1, 10_000).Select(i => new RunFolder(Path.Combine("runs", i == 1 ? name : $"{name}-{i}")));

    private static RunFolder FreeFolder(string name) => Folders(name).First(f => !Directory.Exists(f.Path));

    private static RunFolder? LastFolder(string name) => Folders(name).TakeWhile(f => Directory.Exists(f.Path)).LastOrDefault(f => f.IsUsed);

    private static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', values) };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}

/// <summary>A run, ready to begin.</summary>
/// <param name="Recipe">Every default filled in.</param>
/// <param name="Plan">What it compiles to.</param>
/// <param name="Folder">Where its files go.</param>
/// <param name="Transport">What activations cross by.</param>
/// <param name="ResumeFrom">The checkpoint to begin from; null for a new run, or one that has none yet.</param>
/// <param name="NoFeed">One batch stands for all.</param>
internal sealed record RunRequest(Recipe Recipe, Plan Plan, RunFolder Folder, string Transport, (string Folder, CheckpointInfo Info)? ResumeFrom, bool NoFeed);

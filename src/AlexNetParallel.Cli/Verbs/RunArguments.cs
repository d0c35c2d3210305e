using System.CommandLine;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Runs;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options of a training run, and what they come to.</summary>
internal sealed class RunArguments
{
    private readonly RecipeArguments what = new();
    private readonly Option<long?> steps = Numbers.LongOption("--steps", "Length of the run in training steps", 1);
    private readonly Option<int?> epochs = Numbers.Option("--epochs", "Length of the run in passes over the training images", 1);
    private readonly Option<string?> run = new("--run") { Description = "Folder of the run [default: runs/ and the recipe's name]", HelpName = "DIR" };
    private readonly Option<bool> resume = new("--resume") { Description = "Go on from the run's last checkpoint" };
    private readonly Option<bool> noFeed = new("--no-feed") { Description = "Use one batch of noise for every step: measures without the data path" };
    private readonly Option<TraceRange?> trace = new("--trace")
    {
        Description = "Keep the times of all that coordinator and workers do in these training steps, in trace.json of the run's folder (for ui.perfetto.dev)",
        HelpName = "FROM:TO",
        CustomParser = result =>
        {
            try
            {
                return TraceRange.Parse(result.Tokens.Count > 0 ? result.Tokens[^1].Value : "");
            }
            catch (FormatException e)
            {
                result.AddError($"--trace: {e.Message}");
                return null;
            }
        },
    };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [.. what.All, steps, epochs, run, resume, noFeed, trace];

    /// <summary>Those that a verification takes: it runs a few steps in a folder of its own.</summary>
    public IReadOnlyList<Option> ForVerification => [.. what.All, steps];

    /// <summary>The value of --steps.</summary>
    public long? Steps(VerbContext context) => context.Get(steps);

    /// <summary>What the arguments come to.</summary>
    /// <param name="context">The arguments.</param>
    /// <param name="needsData">Without data there is no run.</param>
    /// <exception cref="UsageException">They do not fit together.</exception>
    public RunRequest Resolve(VerbContext context, bool needsData = true)
    {
        if (context.IsGiven(steps) && context.IsGiven(epochs)) throw new UsageException("found both --steps and --epochs; expected one of them");
        var resuming = context.Get(resume);
        var folder = FindFolder(context, resuming);
        if (resuming) CheckResumable(context, folder);
        var recipe = what.Load(context, resuming ? folder!.Recipe : null, o => o with { Steps = context.Get(steps), Epochs = context.Get(epochs) }, needsData);
        folder ??= Folders(recipe.Name).First(f => !Directory.Exists(f.Path));
        var plan = Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch);
        var from = resuming ? folder.Checkpoints.Newest : null;
        return new RunRequest(recipe, plan, folder, what.TransportName(context), from is null ? null : (from, CheckpointInfo.Read(from)), context.Get(noFeed), context.Get(trace));
    }

    /// <summary>The command that begins or, with --resume behind it, goes on with a run.</summary>
    /// <param name="verb">Of the program.</param>
    /// <param name="request">The run.</param>
    /// <param name="context">The arguments.</param>
    /// <param name="others">Options of the verb besides these.</param>
    public string Command(string verb, RunRequest request, VerbContext context, IEnumerable<string> others)
    {
        var words = new List<string> { "./alexnet", verb, run.Name, Path.GetRelativePath(Environment.CurrentDirectory, request.Folder.Path) };
        if (context.IsGiven(what.Transport)) words.AddRange([what.Transport.Name, request.Transport]);
        if (request.NoFeed) words.Add(noFeed.Name);
        return string.Join(' ', words.Concat(others).Select(Quote));
    }

    private void CheckResumable(VerbContext context, RunFolder? folder)
    {
        if (folder is null || !File.Exists(folder.Recipe)) throw new UsageException($"found no run to resume in {folder?.Path ?? "runs/"}; expected --run DIR of a run that was begun");
        if (what.Fixed.FirstOrDefault(context.IsGiven) is { } option)
            throw new UsageException($"found {option.Name} with --resume; what the steps done so far depend on cannot be changed: leave it out, or begin a new run");
    }

    private RunFolder? FindFolder(VerbContext context, bool resuming)
    {
        if (context.Get(run) is not { } given) return resuming ? Folders(what.Name(context)).TakeWhile(f => Directory.Exists(f.Path)).LastOrDefault(f => f.IsUsed) : null;
        var folder = new RunFolder(given);
        if (folder.IsUsed && !resuming) throw new UsageException($"found a run in {given}; expected a new folder, or --resume to go on with it");
        return folder;
    }

    // runs/NAME, runs/NAME-2, …: a new run never writes into an old one's folder.
    private static IEnumerable<RunFolder> Folders(string name) => Enumerable.Range(1, 10_000).Select(i => new RunFolder(Path.Combine("runs", i == 1 ? name : $"{name}-{i}")));

    private static string Quote(string word) => word.All(c => char.IsLetterOrDigit(c) || "/._-+=:".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

/// <summary>A run, ready to begin.</summary>
/// <param name="Recipe">Every default filled in.</param>
/// <param name="Plan">What it compiles to.</param>
/// <param name="Folder">Where its files go.</param>
/// <param name="Transport">What activations cross by.</param>
/// <param name="ResumeFrom">The checkpoint to begin from; null for a new run, or one that has none yet.</param>
/// <param name="NoFeed">One batch stands for all.</param>
/// <param name="Trace">Steps to trace; null for none.</param>
internal sealed record RunRequest(Recipe Recipe, Plan Plan, RunFolder Folder, string Transport, (string Folder, CheckpointInfo Info)? ResumeFrom, bool NoFeed, TraceRange? Trace);

using System.CommandLine;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Jobs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options that say what is run: a recipe, and what stands in place of its own values.</summary>
internal sealed class RecipeArguments
{
    private readonly Option<string> recipe;
    private readonly Option<string?> data = new("--data") { Description = "Images: a folder or tar of class folders, or a folder with a train and a test part; or 'generated'", HelpName = "PATH" };
    private readonly Option<string?> network = new("--network") { Description = "Name or file of a network, in place of the recipe's", HelpName = "NAME|FILE" };
    private readonly Option<string?> dialect = Choice("--dialect", "For a network that has both", "paper", "source");
    private readonly Option<string?> neuron = Choice("--neuron", "Stands for every neuron of the network", "relu", "tanh");
    private readonly Option<string?> partition = new("--partition") { Description = "Name or file of a partition, in place of the recipe's", HelpName = "NAME|FILE" };
    private readonly Option<int?> workers = Numbers.Option("--workers", "Number of workers", 1);
    private readonly Option<int?> batch = Numbers.Option("--batch", "Images of a batch", 1);
    private readonly Option<ulong?> seed = Numbers.SeedOption("--seed", "Seed of initial weights, order, augmentation and dropout");

    /// <param name="standard">The recipe where none is given.</param>
    public RecipeArguments(string standard = "quickstart") =>
        recipe = new("--recipe") { Description = "Name or file of the recipe: everything that defines a run", HelpName = "NAME|FILE", DefaultValueFactory = _ => standard };

    /// <summary>What activations cross by.</summary>
    public Option<string?> Transport { get; } = Choice("--transport", "What activations cross by [default: peer]", [.. TransportFactory.Names]);

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [recipe, data, network, dialect, neuron, partition, workers, Transport, batch, seed];

    /// <summary>Those that the steps of a run depend on, so that they cannot change in its midst.</summary>
    public IReadOnlyList<Option> Fixed => [network, dialect, neuron, batch, seed];

    /// <summary>The transport's name.</summary>
    public string TransportName(VerbContext context) => context.Get(Transport) ?? TransportFactory.Names[0];

    /// <summary>Name of the recipe, as runs are called by it.</summary>
    public string Name(VerbContext context) => RecipeFile.Load(context.Get(recipe)!).Name;

    /// <summary>The recipe with what the options say.</summary>
    /// <param name="context">The arguments.</param>
    /// <param name="file">In place of the option's; null for that.</param>
    /// <param name="more">What other options add.</param>
    /// <param name="needsData">A recipe without data is refused.</param>
    /// <exception cref="UsageException">There is no data.</exception>
    public Recipe Load(VerbContext context, string? file = null, Func<RecipeOverrides, RecipeOverrides>? more = null, bool needsData = true)
    {
        var overrides = new RecipeOverrides
        {
            Network = context.Get(network),
            Dialect = context.Get(dialect),
            Neuron = context.Get(neuron) is { } word ? Enum.Parse<Neuron>(word, ignoreCase: true) : null,
            Data = context.Get(data),
            Partition = context.Get(partition),
            Workers = context.Get(workers),
            Batch = context.Get(batch),
            Seed = context.Get(seed),
        };
        var loaded = RecipeFile.Load(file ?? context.Get(recipe)!, more?.Invoke(overrides) ?? overrides);
        if (loaded.Data is null && !needsData) return loaded;
        if (loaded.Data is null) throw new UsageException($"recipe '{loaded.Name}' needs images; expected --data PATH");
        if (loaded.Data != Recipe.Generated && !Path.Exists(loaded.Data)) throw new UsageException($"found no images in '{loaded.Data}': no such file or folder; expected --data PATH of a folder or tar of class folders, or 'generated'");
        return loaded;
    }

    private static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', values) };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}

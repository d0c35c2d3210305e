using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Recipes;

/// <summary>What the user says in place of a recipe's own values (options of the command line). Null leaves the recipe's. Paths begin in the current folder.</summary>
public sealed record RecipeOverrides
{
    /// <summary>Name or path of a network. The recipe's dialect and neuron then no longer hold.</summary>
    public string? Network { get; init; }

    /// <summary>Dialect of the network.</summary>
    public string? Dialect { get; init; }

    /// <summary>Stands for every neuron of the network that is not none.</summary>
    public Neuron? Neuron { get; init; }

    /// <summary>Path of a data set, or "generated".</summary>
    public string? Data { get; init; }

    /// <summary>Name or path of a partition.</summary>
    public string? Partition { get; init; }

    /// <summary>Number of workers, at least 1.</summary>
    public int? Workers { get; init; }

    /// <summary>Images of a minibatch, at least 1.</summary>
    public int? Batch { get; init; }

    /// <summary>Length of the run in epochs. Not together with <see cref="Steps"/>.</summary>
    public int? Epochs { get; init; }

    /// <summary>Length of the run in training steps. Not together with <see cref="Epochs"/>.</summary>
    public long? Steps { get; init; }

    /// <summary>Seed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>When to test.</summary>
    public Cadence? Test { get; init; }

    /// <summary>When to write a checkpoint.</summary>
    public Cadence? Checkpoint { get; init; }
}

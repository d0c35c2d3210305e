using System.Security.Cryptography;
using System.Text;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Schedules;

namespace AlexNetParallel.Model.Recipes;

/// <summary>What becomes of the training images that do not fill the last batch of a pass.</summary>
public enum LastBatch
{
    /// <summary>They are left out; where the order changes every epoch, others each time.</summary>
    Drop,
    /// <summary>They make a shorter batch, whose gradients are divided by its own number of images (the 2012 program).</summary>
    Short,
}

/// <summary>
/// Everything that defines a run: with the same recipe and data two runs on one kind of device give the same bits. Network and partition are held whole,
/// not by name, so that a written recipe needs no other file. <see cref="RecipeFile"/> reads and writes it.
/// </summary>
public sealed record Recipe
{
    /// <summary>The word for the built-in generated image set in <see cref="Data"/>.</summary>
    public const string Generated = "generated";

    /// <summary>Name of the run's folder, unless the user gives one.</summary>
    public required string Name { get; init; }

    /// <summary>The network, its dialect chosen.</summary>
    public required Network Network { get; init; }

    /// <summary><see cref="Generated"/>, or the full path of a data set; null where the user must give one.</summary>
    public string? Data { get; init; }

    /// <summary>How images become the network's input.</summary>
    public required Augmentation Augmentation { get; init; }

    /// <summary>Rates, momentum, decay, colour noise.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>Images of a minibatch.</summary>
    public required int Batch { get; init; }

    /// <summary>What becomes of training images that do not fill a batch.</summary>
    public LastBatch LastBatch { get; init; }

    /// <summary>Passes over the training images; null where <see cref="Steps"/> says the length.</summary>
    public int? Epochs { get; init; }

    /// <summary>Training steps; null where <see cref="Epochs"/> says the length.</summary>
    public long? Steps { get; init; }

    /// <summary>
    /// The run ends, before its full length, after the first epoch (and its test) whose mean top-1 training error is not above this part of the images, in (0, 1); null for none.
    /// </summary>
    public double? StopAtTrainingError { get; init; }

    /// <summary>Seed of initial weights, dropout, order and augmentation.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How many workers.</summary>
    public required int Workers { get; init; }

    /// <summary>What each of them computes.</summary>
    public required Partition Partition { get; init; }

    /// <summary>When the test split is measured.</summary>
    public required Cadence Test { get; init; }

    /// <summary>When a checkpoint is written.</summary>
    public required Cadence Checkpoint { get; init; }

    /// <summary>How many checkpoints are kept, the newest; 0 for all.</summary>
    public required int KeepCheckpoints { get; init; }

    /// <summary>SHA-256 of the recipe as <see cref="RecipeFile.Write"/> writes it, lower-case hexadecimal.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RecipeFile.Write(this))));

    /// <summary>Name and the beginning of the hash.</summary>
    public override string ToString() => $"{Name} ({Sha256[..12]})";
}

using AlexNetParallel.Data.Reading;

namespace AlexNetParallel.Data;

/// <summary>What a feed needs besides the data set and its augmentation. None of it but <see cref="Seed"/> and <see cref="BatchSize"/> changes a bit of a batch.</summary>
public sealed record FeedOptions
{
    /// <summary>Seed of the run: order of the training images, crops, mirrors, colour noise.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Images of a full batch: batch b of a pass begins at position b · BatchSize.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Threads that decode; 0 (the default) for as many as the process has processors.</summary>
    public int Threads { get; init; }

    /// <summary>A set whose decoded images fit into this many bytes is decoded once and kept; a larger one is decoded batch by batch. Default 1 GiB.</summary>
    public long DecodedLimit { get; init; } = 1L << 30;

    /// <summary>Most bytes of pictures that are kept in memory from a compressed tar; a larger one must be unpacked. Default 1 GiB.</summary>
    public long CompressedLimit { get; init; } = ImageFiles.DefaultMemoryLimit;

    /// <summary>Folder for the mean image and colour statistics of large sets, so that they are computed once; null (the default): the user's cache folder.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Told in a sentence what was skipped and what takes long; may be called from several threads. Null: nobody is told.</summary>
    public Action<string>? Log { get; init; }

    /// <summary><see cref="Threads"/>, counted.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;
}

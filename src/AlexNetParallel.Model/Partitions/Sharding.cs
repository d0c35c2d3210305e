namespace AlexNetParallel.Model.Partitions;

/// <summary>How a layer's output is divided over the workers.</summary>
public enum ShardingKind
{
    /// <summary>Each worker has some of the channels (kernel maps, units) of every image: whole towers where their number allows it. The 2012 program's way.</summary>
    Channels,
    /// <summary>Each worker has all channels of some of the images; weights are kept by all, their gradients are summed over all. Data parallelism.</summary>
    Batch,
    /// <summary>Every worker computes the whole output.</summary>
    Replicate,
    /// <summary>One worker computes the whole output, the others nothing.</summary>
    On,
}

/// <summary>How one layer's output is divided over the workers.</summary>
/// <param name="Kind">The way of dividing.</param>
/// <param name="Worker">Rank of the worker that computes it, for <see cref="ShardingKind.On"/>; else 0.</param>
public readonly record struct Sharding(ShardingKind Kind, int Worker = 0)
{
    /// <summary>Some channels each.</summary>
    public static Sharding Channels => new(ShardingKind.Channels);

    /// <summary>Some images each.</summary>
    public static Sharding Batch => new(ShardingKind.Batch);

    /// <summary>Everything everywhere.</summary>
    public static Sharding Replicate => new(ShardingKind.Replicate);

    /// <summary>Everything on one worker.</summary>
    public static Sharding On(int worker) => new(ShardingKind.On, worker);

    /// <summary>As a partition's file says it: "channels", "batch", "replicate", "on: 1".</summary>
    public override string ToString() => Kind == ShardingKind.On ? $"on: {Worker}" : Kind.ToString().ToLowerInvariant();
}

using AlexNetParallel.Model.Files;

namespace AlexNetParallel.Model.Forecasting;

/// <summary>A rate that was measured with work of some size.</summary>
/// <param name="Flop">Operations of one instruction with which it was measured (bytes, for work as fast as memory).</param>
/// <param name="PerSecond">Operations (bytes) a second of one worker.</param>
public readonly record struct Rate(double Flop, double PerSecond);

/// <summary>How bytes cross from one worker to another.</summary>
/// <param name="LatencySeconds">Time of an empty slab, one way.</param>
/// <param name="BytesPerSecond">Payload of long slabs.</param>
/// <param name="SlabWorkSeconds">Processor time that a slab of any size takes at each end; 0 where other hardware moves it.</param>
/// <param name="WorkBytesPerSecond">Payload that the processor at each end moves in a second of its time; infinite where other hardware does.</param>
public readonly record struct Link(double LatencySeconds, double BytesPerSecond, double SlabWorkSeconds = 0, double WorkBytesPerSecond = double.PositiveInfinity)
{
    /// <summary>Processor time of a slab at each end.</summary>
    public double WorkSeconds(long bytes) => SlabWorkSeconds + bytes / WorkBytesPerSecond;
}

/// <summary>What forecasts need to know of a machine: one worker's rates, and the links between workers. Files in recipes/machines, or calibrated.</summary>
/// <param name="Name">Name of its file.</param>
/// <param name="Source">Where the figures come from.</param>
/// <param name="MemoryBytes">Memory of one worker.</param>
/// <param name="Rates">By kind, ascending by size; at least one each.</param>
/// <param name="Links">By transport.</param>
/// <param name="WorkersPerHost">Workers that share a host, whose cores or bus they share, too.</param>
/// <param name="Slowdown">How much longer work takes when all workers of a host are busy, from 1.</param>
/// <param name="StepSeconds">What a step costs besides work and exchanges.</param>
/// <param name="Hosts">Number of hosts: more workers than these have places for share the cores. Null: as many as needed.</param>
public sealed record Machine(
    string Name, string Source, double MemoryBytes, IReadOnlyDictionary<WorkKind, IReadOnlyList<Rate>> Rates, IReadOnlyDictionary<string, Link> Links,
    int WorkersPerHost, double Slowdown, double StepSeconds, int? Hosts = null)
{
    /// <summary>Time of some work on one worker that has the host to itself: by the rate that was measured at the nearest size.</summary>
    public double Seconds(Work work)
    {
        var amount = work.Flop > 0 ? work.Flop : work.Bytes;
        if (amount <= 0) return 0;
        var nearest = Rates[work.Kind][0];
        foreach (var rate in Rates[work.Kind])
            if (Math.Abs(Math.Log(rate.Flop / amount)) < Math.Abs(Math.Log(nearest.Flop / amount))) nearest = rate;
        return amount / nearest.PerSecond;
    }

    /// <summary>The link of a transport.</summary>
    /// <exception cref="RecipeException">The machine has none of that name.</exception>
    public Link LinkOf(string transport) => Links.TryGetValue(transport, out var link)
        ? link
        : throw new RecipeException($"machine {Name}", 0, $"no link '{transport}'", $"one of {string.Join(", ", Links.Keys)}");

    /// <summary>How much longer work takes with so many workers.</summary>
    public double SlowdownWith(int workers) => (1 + (Slowdown - 1) * (WorkersPerHost <= 1 ? 0 : Crowding(workers))) * Math.Max(1, workers / ((double?)Hosts * WorkersPerHost ?? workers));

    /// <summary>What part of the processor time that links take is taken from so many workers: none where a worker has all the host's cores, all where each has one.</summary>
    public double Crowding(int workers) => WorkersPerHost <= 1 ? 1 : (Math.Min(workers, WorkersPerHost) - 1) / (WorkersPerHost - 1.0);
}

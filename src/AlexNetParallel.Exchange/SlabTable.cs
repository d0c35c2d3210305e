using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange;

/// <summary>One worker's slabs by number, checked, and the time that its thread spent on each exchange.</summary>
internal sealed class SlabTable
{
    private readonly Slab?[] byId;
    private readonly ExposedTimes?[] exposed;
    private long idle;

    /// <param name="rank">This worker.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="slabs">The plan's slabs; those of other workers are left out.</param>
    /// <exception cref="ArgumentException">A slab that no plan would hold.</exception>
    public SlabTable(int rank, int workers, IEnumerable<Slab> slabs)
    {
        Rank = rank;
        Own = [.. slabs.Where(s => s.From == rank || s.To == rank).OrderBy(s => s.Id)];
        foreach (var slab in Own) Check(slab, workers);
        if (Own.GroupBy(s => s.Id).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"slab {twice.Key} stands twice in the plan", nameof(slabs));
        byId = new Slab?[Own.Count == 0 ? 0 : Own[^1].Id + 1];
        foreach (var slab in Own) byId[slab.Id] = slab;
        exposed = new ExposedTimes?[Own.Count == 0 ? 0 : Own.Max(s => s.Exchange) + 1];
        foreach (var exchange in Exchanges) exposed[exchange] = new ExposedTimes();
    }

    /// <summary>This worker.</summary>
    public int Rank { get; }

    /// <summary>The slabs that leave or enter this worker, by number.</summary>
    public IReadOnlyList<Slab> Own { get; }

    /// <summary>One past the highest number of a slab of this worker.</summary>
    public int IdLimit => byId.Length;

    /// <summary>The other workers that share a slab with this one.</summary>
    public IEnumerable<int> Peers => Own.Select(Peer).Distinct().Order();

    /// <summary>The exchanges in which this worker takes part.</summary>
    public IEnumerable<int> Exchanges => Own.Select(s => s.Exchange).Distinct();

    /// <summary>The other worker of a slab.</summary>
    public int Peer(Slab slab) => slab.From == Rank ? slab.To : slab.From;

    /// <summary>
    /// What this worker and a peer must agree on: the first 16 bytes, in hex, of the SHA-256 of a line "id exchange from to bytes" (decimal, a line feed at the end) for each slab that the two share, by rising id.
    /// </summary>
    public string Digest(int peer)
    {
        var text = new StringBuilder();
        foreach (var slab in Own)
        {
            if (Peer(slab) == peer) text.Append(CultureInfo.InvariantCulture, $"{slab.Id} {slab.Exchange} {slab.From} {slab.To} {slab.Bytes}\n");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <summary>A slab that this worker sends.</summary>
    public Slab Outgoing(int slab) => Get(slab) is { } s && s.From == Rank ? s : throw NotOwn(slab, "sent by");

    /// <summary>A slab that this worker receives.</summary>
    public Slab Incoming(int slab) => Get(slab) is { } s && s.To == Rank ? s : throw NotOwn(slab, "received by");

    /// <summary>Adds the time since <paramref name="began"/> (Stopwatch ticks) to what an exchange has cost this worker's thread in a tick.</summary>
    public void Expose(int exchange, long tick, long began) => exposed[exchange]!.Add(tick, Stopwatch.GetTimestamp() - began);

    /// <summary>Adds what this worker's thread waited before a slab began to move.</summary>
    /// <param name="began">Stopwatch time at which the wait began; it ends now.</param>
    /// <param name="moved">Stopwatch time at which the slab began to move.</param>
    public void Idle(long began, long moved) => idle += Math.Clamp(moved - began, 0, Stopwatch.GetTimestamp() - began);

    /// <summary>Seconds that this worker's thread waited before slabs began to move.</summary>
    public double IdleSeconds => Volatile.Read(ref idle) / (double)Stopwatch.Frequency;

    /// <summary>Seconds in which this worker's thread did nothing but send or wait for any exchange.</summary>
    public double ExposedSeconds
    {
        get
        {
            var seconds = 0.0;
            foreach (var times in exposed) seconds += times?.Seconds ?? 0;
            return seconds;
        }
    }

    /// <summary>Time in which this worker's thread did nothing but send or wait for an exchange; null where it takes no part.</summary>
    public ExposedTimes? Exposed(int exchange) => exchange < exposed.Length ? exposed[exchange] : null;

    /// <summary>Refuses a box that does not lie within its tensor: it would write into somebody's memory.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void CheckWithin(Slab slab, in StridedBox box, int rank, int tensor, long floats)
    {
        var end = box.Length == 0 ? box.Offset : box.Offset + (box.Planes - 1) * box.PlaneStride + (box.Rows - 1) * box.RowStride + box.RowLength;
        if (box.Offset < 0 || end > floats || box.PlaneStride < 0 || box.RowStride < 0)
            throw new ArgumentException($"slab {slab.Id} covers floats [{box.Offset}, {end}) of tensor {tensor} of worker {rank}, which has {floats}");
    }

    private Slab? Get(int slab) => (uint)slab < (uint)byId.Length ? byId[slab] : null;

    private static void Check(Slab slab, int workers)
    {
        if (slab.Id < 0 || slab.Exchange < 0)
            throw new ArgumentException($"slab {slab.Id} of exchange {slab.Exchange}: numbers start at 0");
        if ((uint)slab.From >= (uint)workers || (uint)slab.To >= (uint)workers || slab.From == slab.To)
            throw new ArgumentException($"slab {slab.Id} goes from worker {slab.From} to worker {slab.To}; there are {workers}, and it must cross between two of them");
        if (slab.Source.Length != slab.Destination.Length)
            throw new ArgumentException($"slab {slab.Id} leaves with {slab.Source.Length} floats and enters with {slab.Destination.Length}");
    }

    private ArgumentException NotOwn(int slab, string verb) =>
        new($"slab {slab} is not {verb} worker {Rank}: call ConnectAsync with the plan's slabs first, and post only this worker's own");
}

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>
/// What the tag of a message between two workers says: 0 for a word about the link itself; else a slab of the two, a tick modulo <see cref="Cycle"/>, and whether it is the slab or the
/// notice that it may come.
/// </summary>
internal readonly struct MpiTags
{
    /// <summary>The first message from each side, and the last.</summary>
    public const int Word = 0;

    private const int FewestTicks = 4;
    private readonly int slabs;

    /// <param name="slabs">Slabs between the two workers.</param>
    /// <param name="limit">The highest tag.</param>
    /// <exception cref="ArgumentException">There are not enough tags.</exception>
    public MpiTags(int slabs, int limit)
    {
        this.slabs = slabs;
        Cycle = limit / (2 * slabs);
        if (Cycle < FewestTicks) throw new ArgumentException($"{slabs} slabs between two workers need tags up to {2L * slabs * FewestTicks}; this MPI has tags up to {limit}");
    }

    /// <summary>Ticks that have tags of their own.</summary>
    public int Cycle { get; }

    /// <summary>The tag of a slab, or of its notice.</summary>
    /// <param name="index">Which of the slabs.</param>
    /// <param name="tick">At which tick.</param>
    /// <param name="isNotice">The notice.</param>
    public int Encode(int index, long tick, bool isNotice) => checked(1 + (((int)(tick % Cycle) * slabs) + index) * 2 + (isNotice ? 1 : 0));

    /// <summary>What a tag other than <see cref="Word"/> says; the tick modulo <see cref="Cycle"/>.</summary>
    public (int Index, int Tick, bool IsNotice) Decode(int tag)
    {
        var (rest, isNotice) = ((tag - 1) / 2, (tag - 1) % 2 != 0);
        return (rest % slabs, rest / slabs, isNotice);
    }

    /// <summary>The tick that a tag means at a place where <paramref name="reached"/> is the last one heard of: that one or one after it.</summary>
    public long Tick(int tick, long reached)
    {
        var ahead = (tick - reached) % Cycle;
        return reached + (ahead < 0 ? ahead + Cycle : ahead);
    }
}

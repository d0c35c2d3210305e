using System.Collections;

namespace AlexNetParallel.Model.Tensors;

/// <summary>
/// A set of channels as ascending, disjoint, non-touching ranges. Usually one range; two when a tower reads three of four
/// towers (net 153-4gpu of the 2012 program).
/// </summary>
public sealed class ChannelSet : IReadOnlyList<ChannelRange>, IEquatable<ChannelSet>
{
    private readonly ChannelRange[] ranges;

    /// <summary>Normalises any ranges: sorts them, drops empty ones, merges those that overlap or touch.</summary>
    public ChannelSet(IEnumerable<ChannelRange> parts)
    {
        var merged = new List<ChannelRange>();
        foreach (var part in parts.Where(p => !p.IsEmpty).OrderBy(p => p.First))
        {
            if (merged.Count > 0 && part.First <= merged[^1].End)
            {
                var last = merged[^1];
                merged[^1] = new ChannelRange(last.First, Math.Max(last.End, part.End) - last.First);
            }
            else
            {
                merged.Add(part);
            }
        }
        ranges = [.. merged];
        Channels = ranges.Sum(r => r.Count);
    }

    /// <summary>One range.</summary>
    public ChannelSet(ChannelRange range) : this([range]) { }

    /// <summary>No channel.</summary>
    public static ChannelSet Empty { get; } = new(Array.Empty<ChannelRange>());

    /// <summary>Number of ranges.</summary>
    public int Count => ranges.Length;

    /// <summary>Number of channels.</summary>
    public int Channels { get; }

    /// <inheritdoc/>
    public ChannelRange this[int index] => ranges[index];

    /// <summary>Position of a channel among the set's channels in ascending order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The channel is not in the set.</exception>
    public int IndexOf(int channel)
    {
        var before = 0;
        foreach (var range in ranges)
        {
            if (channel >= range.First && channel < range.End) return before + channel - range.First;
            before += range.Count;
        }
        throw new ArgumentOutOfRangeException(nameof(channel), channel, $"not in {this}");
    }

    /// <summary>The set's channels in ascending order.</summary>
    public IEnumerable<int> Each() => ranges.SelectMany(r => Enumerable.Range(r.First, r.Count));

    /// <summary>The channels that both hold.</summary>
    public ChannelSet Intersect(ChannelRange other) => new(ranges.Select(r => r.Intersect(other)));

    /// <summary>The channels that either holds.</summary>
    public ChannelSet Union(ChannelSet other) => new(ranges.Concat(other.ranges));

    /// <summary>The channels of this set that <paramref name="other"/> lacks.</summary>
    public ChannelSet Except(ChannelSet other)
    {
        var left = new List<ChannelRange>(ranges);
        foreach (var cut in other.ranges)
        {
            var next = new List<ChannelRange>();
            foreach (var range in left)
            {
                next.Add(new ChannelRange(range.First, Math.Min(range.End, cut.First) - range.First));
                var from = Math.Max(range.First, cut.End);
                next.Add(new ChannelRange(from, range.End - from));
            }
            left = [.. next.Where(r => !r.IsEmpty)];
        }
        return new ChannelSet(left);
    }

    /// <inheritdoc/>
    public IEnumerator<ChannelRange> GetEnumerator() => ((IEnumerable<ChannelRange>)ranges).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(ChannelSet? other) => other is not null && ranges.AsSpan().SequenceEqual(other.ranges);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ChannelSet);
    /// <inheritdoc/>
    public override int GetHashCode() => ranges.Aggregate(17, (h, r) => HashCode.Combine(h, r.First, r.Count));
    /// <inheritdoc/>
    public override string ToString() => "channels " + string.Join("+", ranges.Select(r => $"[{r.First},{r.End})"));
}

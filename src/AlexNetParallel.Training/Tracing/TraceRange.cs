using System.Globalization;

namespace AlexNetParallel.Training.Tracing;

/// <summary>The training steps of which a run keeps a trace.</summary>
/// <param name="From">First step, from 1.</param>
/// <param name="To">Last step, this one included.</param>
public sealed record TraceRange(long From, long To)
{
    /// <summary>Reads "FROM:TO".</summary>
    /// <exception cref="FormatException">It is something else; the message says what.</exception>
    public static TraceRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        if (parts.Length == 2 && Number(parts[0]) is { } from && Number(parts[1]) is { } to && from >= 1 && from <= to) return new TraceRange(from, to);
        throw new FormatException($"found '{text}'; expected FROM:TO, the first and the last training step from 1, such as 100:105");
    }

    /// <summary>True for the steps that are traced.</summary>
    public bool Contains(long step) => step >= From && step <= To;

    /// <summary>"3:5".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From}:{To}");

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

using System.Globalization;

namespace AlexNetParallel.Rpc.Wire;

/// <summary>The grpc-timeout header: at most eight digits and a unit (doc/PROTOCOL-HTTP2.md of grpc/grpc, "Timeout").</summary>
internal static class Timeouts
{
    private const long MaxDigits = 99_999_999;

    /// <summary>Longest that a timer takes; a longer timeout is none.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    /// <summary>The header's text, in the finest unit that fits, rounded up.</summary>
    public static string Format(TimeSpan timeout)
    {
        var ticks = Math.Max(timeout.Ticks, 0);
        ReadOnlySpan<(long Ticks, char Unit)> units =
            [(TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'), (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H')];
        foreach (var (unitTicks, unit) in units)
        {
            var count = (ticks / unitTicks) + (ticks % unitTicks == 0 ? 0 : 1);
            if (count <= MaxDigits || unit == 'H') return Math.Min(count, MaxDigits).ToString(CultureInfo.InvariantCulture) + unit;
        }

        throw new InvalidOperationException("unreachable: hours always fit");
    }

    /// <summary>Reads the header's text; false when it is not a timeout.</summary>
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
        if (text[^1] == 'n')
        {
            timeout = new TimeSpan((count + 99) / 100);
            return true;
        }

        var unitTicks = text[^1] switch
        {
            'u' => TimeSpan.TicksPerMicrosecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'S' => TimeSpan.TicksPerSecond,
            'M' => TimeSpan.TicksPerMinute,
            'H' => TimeSpan.TicksPerHour,
            _ => 0,
        };
        if (unitTicks == 0) return false;
        timeout = new TimeSpan(count * unitTicks); // 99,999,999 hours are 3.6e18 ticks: they fit
        return true;
    }
}

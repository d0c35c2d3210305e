using System.Globalization;

namespace AlexNetParallel.Cli.Output;

/// <summary>Numbers for people.</summary>
internal static class Units
{
    /// <summary>Every digit: 60,965,224.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Memory and payload: "57.3 MiB", "512 B".</summary>
    public static string Bytes(double bytes) => bytes < 1024 ? $"{bytes:F0} B" : Scale(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);

    /// <summary>Rates of bytes: "1.4 GB/s".</summary>
    public static string BytesPerSecond(double rate) => Scale(rate, 1000, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]);

    /// <summary>Operations: "530 GFLOP".</summary>
    public static string Flop(double flop) => Scale(flop, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"]);

    /// <summary>Durations: "5.2 ms", "1 min 40 s".</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        < 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:F0} µs"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:F1} ms"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60} min {seconds % 60:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 3600} h {(int)seconds % 3600 / 60:00} min"),
    };

    private static string Scale(double value, double unit, ReadOnlySpan<string> names)
    {
        var i = 0;
        for (; Math.Abs(value) >= unit && i + 1 < names.Length; i++) value /= unit;
        return string.Create(CultureInfo.InvariantCulture, $"{value:G3} {names[i]}") is var text && text.Contains('E')
            ? string.Create(CultureInfo.InvariantCulture, $"{value:F0} {names[i]}") : text;
    }
}

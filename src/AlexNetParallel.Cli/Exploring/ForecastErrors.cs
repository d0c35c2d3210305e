using System.Globalization;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>How far forecasts were from measurements.</summary>
internal static class ForecastErrors
{
    /// <summary>One sentence with the median and the worst; null without any.</summary>
    /// <param name="errors">(forecast − measured) / measured, and whose it is.</param>
    public static string? Text(IReadOnlyList<(double Error, string Name)> errors)
    {
        if (errors.Count == 0) return null;
        var sorted = errors.OrderBy(e => Math.Abs(e.Error)).ToList();
        var (median, worst) = (sorted[sorted.Count / 2], sorted[^1]);
        return string.Create(CultureInfo.InvariantCulture, $"Forecast against measured: median error {100 * Math.Abs(median.Error):F1} %, the worst {100 * worst.Error:+0.0;-0.0} % ({worst.Name}), of {errors.Count}.");
    }
}

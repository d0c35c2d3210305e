using System.Diagnostics;
using System.Text.Json;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>A program that prints JSON lines.</summary>
internal static class JsonProgram
{
    /// <summary>Runs it to its end; at most two minutes may pass between two lines.</summary>
    /// <param name="info">How it is started; all its streams are redirected.</param>
    /// <param name="onLine">Is told each line at once.</param>
    public static async Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(ProcessStartInfo info, Action<JsonElement>? onLine)
    {
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = new List<JsonElement>();
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line)
        {
            lines.Add(JsonDocument.Parse(line).RootElement);
            onLine?.Invoke(lines[^1]);
        }
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return (process.ExitCode, lines, await error);
    }
}

using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>The program as a process of its own, in a process group of its own, as a shell starts it.</summary>
internal sealed class AlexnetProcess : IDisposable
{
    private static readonly TimeSpan limit = TimeSpan.FromSeconds(240);

    private readonly Process process;
    private readonly List<string> output = [];
    private readonly Task<string> error;
    private readonly Task reading;

    private AlexnetProcess(Process process, Action<JsonElement>? onLine)
    {
        this.process = process;
        error = process.StandardError.ReadToEndAsync();
        reading = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                output.Add(line);
                onLine?.Invoke(JsonDocument.Parse(line).RootElement);
            }
        });
    }

    public int Id => process.Id;

    /// <summary>Starts it with --json.</summary>
    /// <param name="folder">Current folder.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="onLine">Called for each line of its output.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    public static AlexnetProcess Start(string folder, IEnumerable<string> arguments, Action<JsonElement>? onLine = null, IEnumerable<(string Name, string Value)>? environment = null)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "alexnet.dll");
        var info = new ProcessStartInfo("setsid", ["dotnet", "exec", program, .. arguments, "--json"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? []) info.Environment[name] = value;
        return new AlexnetProcess(Process.Start(info)!, onLine);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Exit code, the objects that it printed, and its standard error.</returns>
    public async Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(limit);
        await reading.WaitAsync(limit);
        return (process.ExitCode, [.. output.Select(line => JsonDocument.Parse(line).RootElement)], await error);
    }

    /// <summary>Runs a command line to its end.</summary>
    public static Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(string folder, params string[] arguments) => RunAsync(folder, arguments, []);

    /// <summary>The same with variables of the environment.</summary>
    public static async Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(string folder, string[] arguments, (string Name, string Value)[] environment)
    {
        using var process = Start(folder, arguments, environment: environment);
        return await process.EndAsync();
    }

    /// <summary>Signals its whole process group, as Ctrl-C does.</summary>
    public void Interrupt() => RunningProcess.Signal("INT", -process.Id);

    public void Dispose()
    {
        if (!process.HasExited) RunningProcess.Signal("KILL", -process.Id);
        process.Dispose();
    }
}

/// <summary>Objects that the program prints.</summary>
internal static class Lines
{
    public static string Event(this JsonElement line) => line.GetProperty("event").GetString()!;

    public static long Step(this JsonElement line) => line.GetProperty("step").GetInt64();

    public static JsonElement Last(this IEnumerable<JsonElement> lines, string kind) => lines.Last(l => l.Event() == kind);

    public static string Weights(this IEnumerable<JsonElement> lines) => lines.Last("done").GetProperty("weights_sha256").GetString()!;

    public static IReadOnlyList<int> Processes(this JsonElement start) => [.. start.GetProperty("processes").EnumerateArray().Select(p => p.GetInt32())];
}

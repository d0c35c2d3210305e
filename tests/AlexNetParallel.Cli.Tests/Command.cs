using System.Text.Json;

namespace AlexNetParallel.Cli.Tests;

/// <summary>Runs command lines in this process.</summary>
internal static class Command
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, output, TextWriter.Synchronized(error));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line that must succeed and print one JSON object and nothing else.</summary>
    public static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
    }
}

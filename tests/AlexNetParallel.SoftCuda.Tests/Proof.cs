using System.Diagnostics;
using AlexNetParallel.Testing;

namespace AlexNetParallel.SoftCuda.Tests;

/// <summary>
/// The program prove/ (C++, because it starts before any binding does): built by scripts/soft-cuda.sh --prove, then run. What it prints is the test's output.
/// </summary>
internal static class Proof
{
    private static readonly Lazy<string?> missing = new(Build);

    public static string Kernels => Path.Combine(Repository.Root, "kernels");

    public static string Driver => Path.Combine(Repository.Root, "artifacts", "softcuda");

    /// <summary>Runs one of its verbs; skips the test where it cannot be built.</summary>
    /// <returns>What it printed. The test fails where it does.</returns>
    public static string Run(params string[] words)
    {
        Skip.If(missing.Value is not null, missing.Value);
        var (code, output) = Start(Path.Combine(Driver, "prove"), words);
        Assert.True(code == 0, output);
        return output;
    }

    private static string? Build()
    {
        var (code, output) = Start("bash", [Path.Combine(Repository.Root, "scripts", "soft-cuda.sh"), "--prove"]);
        if (code == 0) return null;
        if (output.Contains("Missing: ", StringComparison.Ordinal) || output.Contains("apt-get could not", StringComparison.Ordinal)) return output;
        throw new InvalidOperationException(output);
    }

    private static (int Code, string Output) Start(string program, string[] words)
    {
        var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, output.Trim());
    }
}

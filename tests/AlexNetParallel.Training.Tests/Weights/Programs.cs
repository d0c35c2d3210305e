using System.Diagnostics;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Training.Tests.Weights;

/// <summary>Other programs that read what we write.</summary>
internal static class Programs
{
    /// <summary>Debian's own Python: packages of apt are installed for it and for no other.</summary>
    public const string Python = "/usr/bin/python3";

    public const string NumPyReason = "python3-numpy is not installed (apt-get install python3-numpy)";
    public const string OnnxReason = "python3-onnx is not installed (apt-get install python3-onnx)";
    public const string RuntimeReason = "onnxruntime-node is not installed (npm ci --ignore-scripts --prefix tests/AlexNetParallel.Training.Tests/Weights/Onnx; needs node)";

    public static string Runner { get; } = Repository.Path("tests", "AlexNetParallel.Training.Tests", "Weights", "Onnx", "run.mjs");

    public static bool HasNumPy { get; } = Succeeds(Python, "-c", "import numpy");

    public static bool HasOnnx { get; } = Succeeds(Python, "-c", "import onnx");

    public static bool HasRuntime { get; } = Directory.Exists(Path.Combine(Path.GetDirectoryName(Runner)!, "node_modules", "onnxruntime-node")) && Succeeds("node", "--version");

    /// <summary>Runs a program that must succeed; gives its output.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var (code, output, error) = Try(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {error}{output}");
        return output;
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            return Try(program, arguments).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int Code, string Output, string Error) Try(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

using System.Diagnostics;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>The other programs of the interop tests: where they are, and whether.</summary>
internal static class Tools
{
    /// <summary>Debian's own Python: packages of apt are installed for it and for no other.</summary>
    public const string Python = "/usr/bin/python3";

    public const string PythonReason = "python3-grpcio and python3-protobuf are not installed (apt-get install python3-grpcio python3-protobuf)";

    public const string NodeReason =
        "@grpc/grpc-js is not installed (npm ci --ignore-scripts --prefix tests/AlexNetParallel.Rpc.Tests/Interop; needs node)";

    public static bool HasPythonGrpc { get; } = Succeeds(Python, ["-c", "import grpc, google.protobuf"]);

    public static bool HasNodeGrpc { get; } = Directory.Exists(Interop("node_modules/@grpc/grpc-js")) && Succeeds("node", ["--version"]);

    public static string Interop(string name) => Path.Combine(Source("Interop"), name);

    /// <summary>A path in this project's folder.</summary>
    public static string Source(string name) => Repository.Path("tests", "AlexNetParallel.Rpc.Tests", name);

    public static Process Start(string program, string[] arguments, bool redirectInput)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = redirectInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return Process.Start(start)!;
    }

    private static bool Succeeds(string program, string[] arguments)
    {
        try
        {
            using var process = Start(program, arguments, redirectInput: false);
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

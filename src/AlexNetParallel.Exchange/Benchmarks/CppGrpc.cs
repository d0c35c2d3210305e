using System.Diagnostics;
using System.Globalization;

namespace AlexNetParallel.Exchange.Benchmarks;

/// <summary>C++ gRPC moving the same messages (src/GrpcPeer, built by scripts/grpc-cpp.sh): what the fastest other implementation of the protocol reaches on this machine.</summary>
public static class CppGrpc
{
    private const string Program = "artifacts/grpc-cpp/grpc_peer";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Where the program is; null where it was not built.</summary>
    public static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, Program);
            if (File.Exists(candidate)) return candidate;
        }
        return null;
    }

    /// <summary>Why there is nothing to compare with.</summary>
    public static string Missing => $"C++ gRPC is not measured: found no {Program}, which ./alexnet bench comm builds by scripts/grpc-cpp.sh where g++ and libgrpc++-dev are installed";

    /// <summary>Median seconds until a payload is where it should be; as <see cref="RawLimits.Seconds"/>.</summary>
    /// <param name="program">From <see cref="Find"/>.</param>
    /// <param name="way">"unix" or "tcp".</param>
    /// <param name="bytes">Payload.</param>
    /// <param name="bothWays">Two payloads at once, in opposite directions; else one.</param>
    /// <param name="repeats">How often it is timed.</param>
    /// <exception cref="IOException">The program failed.</exception>
    public static double Seconds(string program, string way, long bytes, bool bothWays, int repeats) => Run(program, way, bytes, bothWays ? "BOTH" : "ONE", repeats);

    /// <summary>Median seconds from sending a message until its answer of the same size is there; as <see cref="RawLimits.RoundTrip"/>.</summary>
    /// <inheritdoc cref="Seconds"/>
    public static double RoundTrip(string program, string way, int bytes, int repeats) => Run(program, way, bytes, "ECHO", repeats);

    private static double Run(string program, string way, long bytes, string play, int repeats)
    {
        string[] arguments = [way, bytes.ToString(CultureInfo.InvariantCulture), play, repeats.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new IOException($"cannot start {program}");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            throw new IOException($"{program} {string.Join(' ', arguments)} did not end within {Patience.TotalMinutes} min");
        }
        return process.ExitCode == 0 && double.TryParse(output.Result, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result}{output.Result}");
    }
}

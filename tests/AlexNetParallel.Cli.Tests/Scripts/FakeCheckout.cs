using System.Diagnostics;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Scripts;

/// <summary>
/// A folder with this repository's ./alexnet and scripts/, a source file, and a stand-in for dotnet that writes down each build and makes the program's file, so
/// that the logic of building can be tested in milliseconds.
/// </summary>
internal sealed class FakeCheckout : IDisposable
{
    private readonly string tools;

    public FakeCheckout()
    {
        Root = Directory.CreateTempSubdirectory("alexnet checkout ").FullName; // with a blank, as users' folders have
        tools = Path.Combine(Root, "tools");
        Directory.CreateDirectory(Path.Combine(Root, "scripts"));
        Directory.CreateDirectory(Path.Combine(Root, "src", "A"));
        Directory.CreateDirectory(tools);
        foreach (var file in (string[])["alexnet", "scripts/build.sh"]) File.Copy(Repository.Path(file), Path.Combine(Root, file));
        Write("src/A/A.cs", "one");
        Write("src/A/B.cs", "two");
        Write("tools/dotnet", """
            #!/usr/bin/env bash
            case $1 in
                --list-sdks) echo "${FAKE_SDKS-10.0.100 [/nowhere]}" ;;
                build)
                    echo "build $2 $*" >> "$FAKE_LOG"
                    sleep "${FAKE_SECONDS:-0}"
                    if [ -n "${FAKE_ERRORS:-}" ]; then echo "$FAKE_ERRORS"; exit 1; fi
                    mkdir -p "$(dirname "$FAKE_PROGRAM")"; : > "$FAKE_PROGRAM" ;;
                exec) shift 2; printf '<%s>' "$@"; exit "${FAKE_CODE:-0}" ;;
            esac
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(tools, "dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Root { get; }

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Builds so far.</summary>
    public int Builds => File.Exists(Log) ? File.ReadLines(Log).Count() : 0;

    private string Log => Path.Combine(Root, "builds.log");

    public void Write(string path, string text) => File.WriteAllText(Path.Combine(Root, path), text);

    /// <summary>Runs ./alexnet, from another folder.</summary>
    public Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => StartAsync(Path.Combine(Root, "alexnet"), arguments);

    /// <summary>Runs a line of bash in the checkout's root, after its scripts were read.</summary>
    public Task<(int Code, string Output, string Error)> BashAsync(string line) =>
        StartAsync("bash", ["-c", $"root='{Root}'; . '{Root}/scripts/build.sh'; {line}"]);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private async Task<(int Code, string Output, string Error)> StartAsync(string file, IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        info.Environment["PATH"] = $"{tools}:/usr/bin:/bin";
        info.Environment["FAKE_LOG"] = Log;
        info.Environment["FAKE_PROGRAM"] = Path.Combine(Root, "artifacts/bin/AlexNetParallel.Cli/release/alexnet.dll");
        foreach (var (name, value) in Environment) info.Environment[name] = value;
        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await error);
    }
}

using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>cluster/hosts.sh: a run on two hosts.</summary>
public sealed class HostsScriptTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public async Task Two_hosts_come_to_the_bits_of_one()
    {
        using var hosts = TwoHosts.Create();
        var (code, lines, error) = await RunAsync(hosts, "--steps", "3", "--run", "two");
        Assert.True(code == 0, error);
        Assert.Equal(("start", "grpc", 2), (lines[0].Event(), lines[0].GetProperty("transport").GetString(), lines[0].GetProperty("workers").GetInt32()));
        Assert.Contains(lines[^1].GetProperty("exchanges").EnumerateArray(), e => e.GetProperty("layer").GetString() == "conv3" && e.GetProperty("total_bytes").GetInt64() > 0);
        var (_, one, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "3", "--run", "one");
        Assert.Equal(one.Weights(), lines.Weights());
        // A second run finds the certificates; the key of the authority has not left.
        Assert.True(File.Exists(Path.Combine(folder, "certificates", "ca.key")));
        Assert.All(lines[0].Processes(), pid => Assert.False(RunningProcess.IsRunning(pid)));
    }

    [SkippableFact]
    public async Task When_a_worker_is_killed_the_run_ends_on_all_hosts()
    {
        using var hosts = TwoHosts.Create();
        JsonElement start = default;
        var (code, lines, _) = await RunAsync(hosts, line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() == "step" && line.Step() == 3) RunningProcess.Signal("KILL", start.Processes()[1]);
        }, "--steps", "100000", "--run", "killed");
        Assert.Equal(1, code);
        Assert.Equal(("failure", 1), (lines[^1].Event(), lines[^1].GetProperty("worker").GetInt32()));
        Assert.Contains("worker 1", lines[^1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.All(start.Processes(), pid => Assert.True(RunningProcess.WaitUntilGone(pid, TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public async Task Without_hosts_it_says_what_it_expects()
    {
        var (code, _, error) = await StartAsync([], null, "--", "--steps", "1");
        Assert.Equal(2, code);
        Assert.Contains("found no host; expected HOST or HOST=ADDRESS", error, StringComparison.Ordinal);
    }

    private Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(TwoHosts hosts, params string[] arguments) => RunAsync(hosts, null, arguments);

    private Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(TwoHosts hosts, Action<JsonElement>? onLine, params string[] arguments) =>
        StartAsync(hosts.Names, onLine, [.. hosts.Names.Zip(hosts.Addresses, (n, a) => $"{n}={a}"), "--", .. arguments, "--json"]);

    /// <summary>Calls a copy of the script beside a stand-in for ./alexnet that runs the program under test; on the first host, if there are any.</summary>
    private async Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> StartAsync(IReadOnlyList<string> hosts, Action<JsonElement>? onLine, params string[] arguments)
    {
        Directory.CreateDirectory(Path.Combine(folder, "cluster"));
        File.Copy(Repository.Path("cluster", "hosts.sh"), Path.Combine(folder, "cluster", "hosts.sh"));
        Write("alexnet", $"exec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "alexnet.dll")}' \"$@\"");
        Write("shell", "exec ip netns exec \"$1\" bash -c \"$2\"");
        string[] command = [.. hosts.Take(1).SelectMany(h => (string[])["ip", "netns", "exec", h]), Path.Combine(folder, "cluster", "hosts.sh"), .. arguments];
        var info = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        info.Environment["ALEXNET_SHELL"] = Path.Combine(folder, "shell");
        info.Environment["ALEXNET_CERTIFICATES"] = Path.Combine(folder, "certificates");
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

    private void Write(string name, string line)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/usr/bin/env bash\n{line}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

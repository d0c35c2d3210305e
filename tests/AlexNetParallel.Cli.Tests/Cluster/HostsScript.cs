using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>Runs cluster/hosts.sh on hosts that are network namespaces.</summary>
/// <param name="folder">Where the script, certificates and runs lie.</param>
internal sealed class HostsScript(string folder)
{
    /// <summary>A run on two hosts; the arguments are those of `alexnet coordinator`.</summary>
    public Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(TwoHosts hosts, Action<JsonElement>? onLine, params string[] arguments) =>
        StartAsync(hosts.Names, onLine, [.. hosts.Names.Zip(hosts.Addresses, (n, a) => $"{n}={a}"), "--", .. arguments, "--json"]);

    /// <summary>Calls a copy of the script beside a stand-in for ./alexnet that runs the program under test; on the first host, if there are any.</summary>
    public Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> StartAsync(IReadOnlyList<string> hosts, Action<JsonElement>? onLine, params string[] arguments)
    {
        Directory.CreateDirectory(Path.Combine(folder, "cluster"));
        File.Copy(Repository.Path("cluster", "hosts.sh"), Path.Combine(folder, "cluster", "hosts.sh"));
        Write("alexnet", $"exec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "alexnet.dll")}' \"$@\"");
        Write("shell", "exec ip netns exec \"$1\" bash -c \"$2\"");
        string[] command = [.. hosts.Take(1).SelectMany(h => (string[])["ip", "netns", "exec", h]), Path.Combine(folder, "cluster", "hosts.sh"), .. arguments];
        var info = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        info.Environment["ALEXNET_SHELL"] = Path.Combine(folder, "shell");
        info.Environment["ALEXNET_CERTIFICATES"] = Path.Combine(folder, "certificates");
        return JsonProgram.RunAsync(info, onLine);
    }

    private void Write(string name, string line)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/usr/bin/env bash\n{line}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}

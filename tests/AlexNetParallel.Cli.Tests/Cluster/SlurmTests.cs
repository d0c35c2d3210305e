using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>cluster/alexnet.sbatch under a Slurm of this machine's own: two tasks on one node.</summary>
public sealed class SlurmTests : IDisposable
{
    // The daemons want folders that only root can write above their files.
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-slurm-").FullName;

    private string Slurm => Path.Combine(folder, "slurm");

    public void Dispose()
    {
        if (Directory.Exists(Slurm)) RunAsync(Repository.Path("cluster", "slurm-one-machine.sh"), "stop", Slurm).GetAwaiter().GetResult();
        Directory.Delete(folder, recursive: true);
    }

    [SkippableFact]
    public async Task Two_tasks_come_to_the_bits_of_one_worker()
    {
        Skip.IfNot(File.Exists("/usr/bin/sbatch") && File.Exists("/usr/sbin/munged"), "needs Slurm (Debian's slurm-wlm), which is not installed");
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root to start Slurm's daemons");
        var (started, said) = await RunAsync(Repository.Path("cluster", "slurm-one-machine.sh"), "start", Slurm);
        Assert.True(started == 0, said);
        var program = Path.Combine(folder, "alexnet");
        await File.WriteAllTextAsync(program, $"#!/usr/bin/env bash\nexec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "alexnet.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var log = Path.Combine(folder, "job.log");
        var (code, output) = await RunAsync("sbatch", "--wait", "-o", log, Repository.Path("cluster", "alexnet.sbatch"), "--steps", "3", "--run", Path.Combine(folder, "run"), "--json");
        var text = File.Exists(log) ? await File.ReadAllTextAsync(log) : "";
        Assert.True(code == 0, output + text);
        var lines = text.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(("grpc", 2), (lines[0].GetProperty("transport").GetString(), lines[0].GetProperty("workers").GetInt32()));
        var (_, one, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "3", "--workers", "1", "--run", "one");
        Assert.Equal(one.Weights(), lines.Weights());
        Assert.Empty(Directory.GetFiles(folder, ".alexnet-*")); // the secret is gone
    }

    private async Task<(int Code, string Output)> RunAsync(string file, params string[] arguments)
    {
        var info = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        info.Environment["SLURM_CONF"] = Path.Combine(Slurm, "slurm.conf");
        info.Environment["ALEXNET_PROGRAM"] = Path.Combine(folder, "alexnet");
        using var process = Process.Start(info)!;
        // Daemons keep the pipes open: wait for the process, not for the end of what it says.
        var said = new System.Text.StringBuilder();
        process.OutputDataReceived += (_, line) => said.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await Task.Run(() =>
        {
            while (!process.WaitForExit(100)) patience.Token.ThrowIfCancellationRequested();
        }, patience.Token);
        return (process.ExitCode, said.ToString());
    }
}

using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>cluster/mpirun.sh: Open MPI's launcher starts the workers.</summary>
public sealed class MpirunScriptTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("mpi", "--transport", "mpi")]
    public async Task Two_ranks_come_to_the_bits_of_one_worker(string transport, params string[] words)
    {
        RequireMpirun();
        var (code, lines, error) = await RunAsync(null, ["-n", "2", "--", "--steps", "3", "--run", "two", "--json", .. words]);
        Assert.True(code == 0, error);
        Assert.Equal((transport, 2), (lines[0].GetProperty("transport").GetString(), lines[0].GetProperty("workers").GetInt32()));
        var (_, one, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "3", "--workers", "1", "--run", "one");
        Assert.Equal(one.Weights(), lines.Weights());
        Assert.Empty(Directory.GetFiles(folder, ".alexnet-*")); // the secret is gone
    }

    [SkippableFact]
    public async Task When_a_worker_is_killed_all_processes_end()
    {
        RequireMpirun();
        JsonElement start = default;
        var (code, lines, _) = await RunAsync(line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() == "step" && line.Step() == 3) RunningProcess.Signal("KILL", start.Processes()[1]);
        }, "-n", "2", "--", "--steps", "100000", "--run", "killed", "--json");
        Assert.Equal(1, code);
        Assert.Equal("failure", lines[^1].Event());
        Assert.All(start.Processes(), pid => Assert.True(RunningProcess.WaitUntilGone(pid, TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public async Task Without_a_number_of_workers_it_says_what_it_expects()
    {
        var (code, _, error) = await RunAsync(null, "--host", "a,b", "--", "--steps", "1");
        Assert.Equal(2, code);
        Assert.Contains("expected -n N", error, StringComparison.Ordinal);
    }

    private static void RequireMpirun() => Skip.IfNot(File.Exists("/usr/bin/mpirun"), "needs Open MPI's mpirun (Debian's openmpi-bin), which is not installed");

    private async Task<(int Code, IReadOnlyList<JsonElement> Lines, string Error)> RunAsync(Action<JsonElement>? onLine, params string[] arguments)
    {
        var program = Path.Combine(folder, "alexnet");
        await File.WriteAllTextAsync(program, $"#!/usr/bin/env bash\nexec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "alexnet.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var info = new ProcessStartInfo(Repository.Path("cluster", "mpirun.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        info.Environment["ALEXNET_PROGRAM"] = program;
        info.Environment["ALEXNET_PORT"] = $"{20_000 + Environment.ProcessId % 20_000}";
        // Tests may run as root in a container with fewer cores than workers.
        foreach (var name in (string[])["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"]) info.Environment[name] = "1";
        return await JsonProgram.RunAsync(info, onLine);
    }
}

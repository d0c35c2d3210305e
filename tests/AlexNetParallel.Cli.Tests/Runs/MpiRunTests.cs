using System.Text.Json;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>`alexnet train --transport mpi`: mpirun stands between the program and its workers. That it moves what the others move is a matter of <see cref="PartitionTests"/>.</summary>
public sealed class MpiRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Where it is installed, <see cref="PartitionTests"/> holds every partition over MPI to the bits and bytes of shared memory.</summary>
    internal static bool HasMpirun => File.Exists("/usr/bin/mpirun");

    [SkippableFact]
    public async Task A_killed_worker_is_named_and_nobody_remains()
    {
        RequireMpirun();
        JsonElement start = default;
        var job = "";
        using var process = AlexnetProcess.Start(folder, ["train", "--steps", "100000", "--run", "killed", "--transport", "mpi"], line =>
        {
            if (line.Event() == "start") (start, job) = (line, JobOf(line));
            if (line.Event() == "step" && line.Step() == 3) _ = Task.Run(() => RunningProcess.Signal("KILL", start.Processes()[1]));
        });
        var (code, lines, error) = await process.EndAsync();
        Assert.Equal(1, code);
        var reason = lines[^1].GetProperty("reason").GetString()!;
        Assert.Equal(("failure", 1), (lines[^1].Event(), lines[^1].GetProperty("worker").GetInt32()));
        Assert.StartsWith($"worker 1 (pid {start.Processes()[1]}) was killed by SIGKILL at step ", reason, StringComparison.Ordinal);
        Assert.Contains($"The run failed: {reason}.", error, StringComparison.Ordinal);
        AssertGone(start, job);
    }

    [SkippableFact]
    public async Task When_train_itself_is_killed_nothing_remains()
    {
        RequireMpirun();
        var stepped = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        JsonElement start = default;
        var job = "";
        using var process = AlexnetProcess.Start(folder, ["train", "--steps", "100000", "--run", "killed", "--transport", "mpi"], line =>
        {
            if (line.Event() == "start") (start, job) = (line, JobOf(line));
            if (line.Event() == "step") stepped.TrySetResult(line);
        });
        await stepped.Task.WaitAsync(TimeSpan.FromSeconds(120));
        RunningProcess.Signal("KILL", process.Id);
        AssertGone(start, job);
    }

    private static void RequireMpirun() => Skip.IfNot(HasMpirun, "needs Open MPI's mpirun (Debian's openmpi-bin), which is not installed");

    /// <summary>Neither the workers nor the memory that MPI shared between them; mpirun clears up after it has ended them.</summary>
    private static void AssertGone(JsonElement start, string job)
    {
        Assert.All(start.Processes(), pid => Assert.True(RunningProcess.WaitUntilGone(pid, TimeSpan.FromSeconds(30)), $"{pid} still runs"));
        for (var i = 0; i < 100 && SharedFiles(job).Length > 0; i++) Thread.Sleep(100);
        Assert.Empty(SharedFiles(job));
    }

    private static string[] SharedFiles(string job) => Directory.GetFileSystemEntries("/dev/shm", $"*{RunningProcess.MpiJob(job)}*");

    /// <summary>The job's name, as its ranks have it in their environment.</summary>
    private static string JobOf(JsonElement start)
    {
        const string variable = "PMIX_NAMESPACE=";
        var words = File.ReadAllText($"/proc/{start.Processes()[0]}/environ").Split('\0');
        return words.First(w => w.StartsWith(variable, StringComparison.Ordinal))[variable.Length..];
    }
}

using System.Text.Json;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>`alexnet train --transport mpi`: mpirun stands between the program and its workers.</summary>
public sealed class MpiRunTests : IDisposable
{
    private const int Steps = 3;

    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Float and half, two workers and four, slabs of one row and of many.</summary>
    [SkippableTheory]
    [InlineData("quickstart", "paper", 2)]
    [InlineData("quickstart", "source-half", 2)]
    [InlineData("quickstart", "hybrid-turns", 2)]
    [InlineData("quickstart-four-pairs", "source", 4)]
    public async Task The_bits_and_the_bytes_are_those_of_shared_memory(string network, string partition, int workers)
    {
        RequireMpirun();
        var recipe = Path.Combine(folder, "short.yaml");
        await File.WriteAllTextAsync(recipe, $"network: {network}\ndata: generated\nsteps: {Steps}\nbatch: 128\ntest: {{every_epochs: 0, at_end: false}}\naugmentation: {{divide_by: 64}}\nschedule: {{weight_rate: 0.01, momentum: 0.9, weight_decay: 0.0005}}\n");
        string[] words = ["train", "--recipe", recipe, "--partition", partition, "--workers", $"{workers}"];
        var (_, peer, _) = await AlexnetProcess.RunAsync(folder, [.. words, "--run", "peer"]);
        var (code, mpi, error) = await AlexnetProcess.RunAsync(folder, [.. words, "--run", "mpi", "--transport", "mpi"]);
        Assert.True(code == 0, error);
        Assert.Equal("mpi", mpi[0].GetProperty("transport").GetString());
        Assert.Equal(peer.Weights(), mpi.Weights());
        var plan = Plan.Compile(NetworkFile.Load(network), PartitionFile.Load(partition), workers, 128);
        Assert.Equal(plan.Exchanges.Sum(e => e.Bytes * Steps), mpi[^1].GetProperty("exchanges").EnumerateArray().Sum(e => e.GetProperty("total_bytes").GetInt64()));
    }

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

    private static void RequireMpirun() => Skip.IfNot(File.Exists("/usr/bin/mpirun"), "needs Open MPI's mpirun (Debian's openmpi-bin), which is not installed");

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

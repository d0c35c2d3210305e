using System.Text.Json;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>`alexnet train` and its three processes, as a user starts them.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_run_tells_its_course_in_JSON_lines_and_writes_its_files()
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "4", "--run", "first");
        Assert.True(code == 0, error);
        Assert.Equal(["start", "step", "step", "step", "step"], lines.Take(5).Select(l => l.Event()));
        Assert.Equal([1, 2, 3, 4], lines.Where(l => l.Event() == "step").Select(l => l.Step()));
        Assert.Equal("done", lines[^1].Event());
        var start = lines[0];
        Assert.Equal(("quickstart", 2, "cpu", "peer", 64), (start.GetProperty("network").GetString(), start.GetProperty("workers").GetInt32(), start.GetProperty("device").GetString(),
            start.GetProperty("transport").GetString(), start.GetProperty("batch").GetInt32()));
        Assert.Equal(2, start.Processes().Distinct().Count());
        Assert.All((string[])["epoch", "loss", "top1_error", "top5_error", "images_per_second", "learning_rate"], name => Assert.Equal(JsonValueKind.Number, lines[1].GetProperty(name).ValueKind));
        Assert.Equal(1, lines.Last("test").GetProperty("views").GetInt32());
        Assert.Equal(4, lines[^1].Step());
        Assert.Contains(lines[^1].GetProperty("exchanges").EnumerateArray(), e => e.GetProperty("layer").GetString() == "conv3" && e.GetProperty("bytes").GetInt64() > 0);

        var run = Path.Combine(folder, "first");
        Assert.Equal(lines.Select(l => l.GetRawText()), File.ReadLines(Path.Combine(run, "metrics.jsonl")));
        Assert.True(File.Exists(Path.Combine(run, "recipe.yaml")));
        Assert.True(File.Exists(Path.Combine(run, "checkpoints", "00000004", "checkpoint.json")));

        // The same run from its own resolved recipe gives the same bits; so does one worker with two threads.
        var (_, again, _) = await AlexnetProcess.RunAsync(folder, "train", "--recipe", "first/recipe.yaml", "--run", "again");
        Assert.Equal(lines.Weights(), again.Weights());
        var (_, whole, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "4", "--workers", "1", "--threads", "2", "--run", "whole");
        Assert.Equal(lines.Weights(), whole.Weights());
    }

    [Fact]
    public async Task An_interrupted_run_goes_on_as_if_nothing_had_happened()
    {
        var (_, through, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "40", "--run", "through");
        AlexnetProcess? running = null;
        running = AlexnetProcess.Start(folder, ["train", "--steps", "40", "--run", "stopped"], line =>
        {
            if (line.Event() == "step" && line.Step() == 5) _ = Task.Run(() => running!.Interrupt());
        });
        using var process = running;
        var (code, lines, error) = await process.EndAsync();
        Assert.Equal(130, code);
        Assert.True(lines[^1].GetProperty("interrupted").GetBoolean());
        var stopped = lines[^1].Step();
        Assert.InRange(stopped, 5, 39);
        Assert.Contains("To go on: ./alexnet train --run stopped --resume", error, StringComparison.Ordinal);
        Assert.All(lines[0].Processes(), pid => Assert.False(RunningProcess.IsRunning(pid)));

        var (resumedCode, resumed, resumedError) = await AlexnetProcess.RunAsync(folder, "train", "--run", "stopped", "--resume");
        Assert.True(resumedCode == 0, resumedError);
        Assert.Equal((stopped, stopped + 1), (resumed[0].GetProperty("resumed_from").GetInt64(), resumed.First(l => l.Event() == "step").Step()));
        Assert.Equal(through.Weights(), resumed.Weights());
        var steps = File.ReadLines(Path.Combine(folder, "stopped", "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).Where(l => l.Event() == "step").Select(l => l.Step());
        Assert.Equal(Enumerable.Range(1, 40).Select(s => (long)s), steps);
    }

    [Fact]
    public async Task A_killed_worker_is_named_and_nobody_remains()
    {
        JsonElement start = default;
        using var process = AlexnetProcess.Start(folder, ["train", "--steps", "100000", "--run", "killed"], line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() == "step" && line.Step() == 3) _ = Task.Run(() => RunningProcess.Signal("KILL", start.Processes()[1]));
        });
        var (code, lines, error) = await process.EndAsync();
        Assert.Equal(1, code);
        var failure = lines[^1];
        Assert.Equal(("failure", 1), (failure.Event(), failure.GetProperty("worker").GetInt32()));
        Assert.InRange(failure.Step(), 3, 99_999);
        var reason = failure.GetProperty("reason").GetString()!;
        Assert.StartsWith($"worker 1 (pid {start.Processes()[1]}) was killed by SIGKILL at step ", reason, StringComparison.Ordinal);
        Assert.StartsWith("./alexnet train --run killed", failure.GetProperty("resume").GetString(), StringComparison.Ordinal);
        Assert.Contains($"The run failed: {reason}.", error, StringComparison.Ordinal);
        Assert.Contains(reason, await File.ReadAllTextAsync(Path.Combine(folder, "killed", "failure.txt")), StringComparison.Ordinal);
        Assert.All(start.Processes(), pid => Assert.False(RunningProcess.IsRunning(pid)));
    }

    [Fact]
    public async Task When_train_itself_is_killed_nothing_remains()
    {
        var stepped = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        JsonElement start = default;
        using var process = AlexnetProcess.Start(folder, ["train", "--steps", "100000", "--run", "killed"], line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() == "step") stepped.TrySetResult(line);
        });
        await stepped.Task.WaitAsync(TimeSpan.FromSeconds(120));
        RunningProcess.Signal("KILL", process.Id);
        Assert.All(start.Processes(), pid => Assert.True(RunningProcess.WaitUntilGone(pid, TimeSpan.FromSeconds(30)), $"{pid} still runs"));
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"alexnet-{process.Id}-*"));
    }

    [Fact]
    public async Task Coordinator_and_workers_started_by_hand_do_the_same_job()
    {
        var address = $"unix:{folder}/c.sock";
        using var coordinator = AlexnetProcess.Start(folder, ["coordinator", "--listen", address, "--steps", "4", "--run", "by-hand", "--transport", "grpc"]);
        using var one = AlexnetProcess.Start(folder, ["worker", "--coordinator", address, "--rank", "1"]);
        using var two = AlexnetProcess.Start(folder, ["worker", "--coordinator", address]);
        var (code, lines, error) = await coordinator.EndAsync();
        Assert.True(code == 0, error);
        Assert.Equal((0, 0), ((await one.EndAsync()).Code, (await two.EndAsync()).Code));
        var (_, train, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "4", "--run", "train");
        Assert.Equal(train.Weights(), lines.Weights());
        Assert.Equal("grpc", lines[0].GetProperty("transport").GetString());
    }

    [Fact]
    public async Task A_worker_without_a_coordinator_gives_up()
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "worker", "--coordinator", $"unix:{folder}/nobody.sock", "--wait", "1");
        Assert.Equal(1, code);
        Assert.Empty(lines);
        Assert.Contains("could not be reached within 1 s", error, StringComparison.Ordinal);
    }
}

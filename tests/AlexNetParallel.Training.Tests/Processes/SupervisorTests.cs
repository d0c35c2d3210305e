using AlexNetParallel.Testing;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Training.Tests.Processes;

public sealed class SupervisorTests
{
    private static readonly TimeSpan soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_killed_child_is_named_and_the_others_are_ended()
    {
        int first, second;
        await using (var supervisor = new Supervisor())
        {
            first = Start(supervisor, "worker 0", "sleep").Pid;
            var killed = Start(supervisor, "worker 1", "sleep");
            second = killed.Pid;
            RunningProcess.Signal("KILL", second);
            var exit = await killed.Exited.WaitAsync(soon);
            Assert.False(killed.IsStopping);
            Assert.Equal($"worker 1 (pid {second}) was killed by SIGKILL", exit.Describe());
            Assert.True(RunningProcess.IsRunning(first));
        }
        Assert.False(RunningProcess.IsRunning(first));
        Assert.False(RunningProcess.IsRunning(second));
    }

    [Fact]
    public async Task A_child_that_was_told_to_end_is_no_failure()
    {
        await using var supervisor = new Supervisor();
        var child = Start(supervisor, "worker 0", "sleep");
        var exits = await supervisor.StopAsync(TimeSpan.Zero).WaitAsync(soon);
        Assert.Equal("SIGKILL", Assert.Single(exits).Signal);
        Assert.True(child.IsStopping);
    }

    [Fact]
    public async Task Exit_code_and_last_words_are_kept()
    {
        await using var supervisor = new Supervisor();
        var child = Start(supervisor, "worker 0", "exit", "3");
        var exit = await child.Exited.WaitAsync(soon);
        Assert.Equal($"worker 0 (pid {child.Pid}) ended with exit code 3", exit.Describe());
        Assert.Equal("last words", exit.LastLines[^1]);
    }

    [Fact]
    public async Task A_fatal_error_in_a_child_is_told_with_its_message()
    {
        await using var supervisor = new Supervisor();
        var exit = await Start(supervisor, "worker 0", "abort").Exited.WaitAsync(soon);
        Assert.Equal("SIGABRT", exit.Signal);
        Assert.Contains(exit.LastLines, l => l.Contains("a fatal error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_child_that_writes_much_is_never_held_up()
    {
        await using var supervisor = new Supervisor();
        var child = Start(supervisor, "worker 0", "chatter", "20000");
        var exit = await child.Exited.WaitAsync(soon);
        Assert.Equal(0, exit.Code);
        Assert.Equal("line 19999", exit.LastLines[^1]);
        Assert.InRange(exit.LastLines.Count, 20, 100);
    }

    [Fact]
    public async Task A_child_outlives_the_thread_that_asked_for_it()
    {
        await using var supervisor = new Supervisor();
        ChildProcess? child = null;
        using var awake = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            child = supervisor.Start(new ChildStart("worker 0", Peer.Command, ["sleep"]) { OnLine = _ => awake.Set() });
            awake.Wait();
        });
        thread.Start();
        thread.Join();
        await Task.Delay(200);
        Assert.True(RunningProcess.IsRunning(child!.Pid));
    }

    [Fact]
    public async Task A_child_whose_parent_is_gone_before_it_looks_ends()
    {
        // The environment tells of another parent than the real one, as after the parent's death.
        using var child = Peer.Start(["sleep"], new() { ["ALEXNET_PARENT"] = "1" });
        await child.WaitForExitAsync().WaitAsync(soon);
        Assert.Equal(1, child.ExitCode);
    }

    [Theory]
    [InlineData(130, "was interrupted")]
    [InlineData(143, "was killed by SIGTERM")]
    [InlineData(139, "was killed by SIGSEGV")]
    [InlineData(128 + 40, "was killed by signal 40")]
    [InlineData(0, "ended with exit code 0")]
    public void An_end_is_told_in_words(int code, string words) =>
        Assert.Equal($"worker 0 (pid 7) {words}", new ChildExit("worker 0", 7, code, [], false).Describe());

    private static ChildProcess Start(Supervisor supervisor, string name, params string[] arguments) =>
        supervisor.Start(new ChildStart(name, Peer.Command, arguments));
}

using AlexNetParallel.Testing;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Tests.Coordination;

/// <summary>Runs with real worker processes (of the helper program, with fake jobs).</summary>
public sealed class LocalRunTests
{
    private static readonly ProgramCommand peer = Processes.Peer.Command;

    [Fact]
    public async Task Three_processes_do_a_run_and_are_gone()
    {
        using var run = new TestRun();
        Assert.Equal(RunOutcome.Done, await RunAsync(run, "none"));
        Assert.Equal(10, Assert.Single(run.Events.Of<RunDone>()).Step);
        AssertGone(run);
    }

    [Fact]
    public async Task A_killed_worker_is_named_with_its_place_and_nobody_remains()
    {
        using var run = new TestRun();
        run.Events.Seen = e =>
        {
            if (e is StepDone { Step: 3 }) _ = Task.Run(() => RunningProcess.Signal("KILL", run.Events.Of<RunStarted>()[0].Processes[1]));
        };
        Assert.Equal(RunOutcome.Failed, await RunAsync(run, "none", pace: 300));
        var failure = Assert.Single(run.Events.Of<RunFailed>());
        var pid = run.Events.Of<RunStarted>()[0].Processes[1];
        Assert.Equal(1, failure.Worker);
        Assert.StartsWith($"worker 1 (pid {pid}) was killed by SIGKILL at step ", failure.Reason, StringComparison.Ordinal);
        Assert.Equal("conv3", failure.Layer);
        Assert.InRange(failure.Step, 3, 5);
        AssertGone(run);
    }

    [Theory]
    [InlineData("fatal", "was ended by SIGABRT")]
    [InlineData("exit", "ended with exit code 9")]
    public async Task A_worker_that_ends_without_a_word_is_named(string kind, string words)
    {
        using var run = new TestRun();
        Assert.Equal(RunOutcome.Failed, await RunAsync(run, kind, guilty: 0, step: 4));
        var failure = Assert.Single(run.Events.Of<RunFailed>());
        Assert.Equal((0, 4, "conv3"), (failure.Worker, failure.Step, failure.Layer));
        Assert.Contains(words, failure.Reason, StringComparison.Ordinal);
        if (kind == "fatal") Assert.Contains(failure.LastLines, l => l.Contains("a fatal error", StringComparison.Ordinal));
        AssertGone(run);
    }

    [Fact]
    public async Task A_program_that_cannot_start_is_told_with_its_words()
    {
        using var run = new TestRun();
        var local = new LocalRun(peer, ["nonsense"]);
        Assert.Equal(RunOutcome.Failed, await local.RunAsync(run.Options, run.Events, default).WaitAsync(TestRun.Soon));
        var failure = Assert.Single(run.Events.Of<RunFailed>());
        Assert.Contains("ended with exit code 2 before the first step", failure.Reason, StringComparison.Ordinal);
        Assert.Contains(failure.LastLines, l => l.StartsWith("unknown arguments", StringComparison.Ordinal));
    }

    private static Task<RunOutcome> RunAsync(TestRun run, string kind, int guilty = -1, int step = 0, int pace = 2) =>
        new LocalRun(peer, [kind, $"{guilty}", $"{step}", $"{pace}"]).RunAsync(run.Options, run.Events, default).WaitAsync(TestRun.Soon);

    private static void AssertGone(TestRun run) => Assert.All(run.Events.Of<RunStarted>()[0].Processes, pid => Assert.False(RunningProcess.IsRunning(pid)));
}

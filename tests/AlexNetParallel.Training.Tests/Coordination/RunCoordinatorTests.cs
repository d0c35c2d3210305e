using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Peer;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Tests.Coordination;

public sealed class RunCoordinatorTests
{
    [Fact]
    public async Task A_run_goes_through_its_course_and_tells_everything()
    {
        using var run = new TestRun();
        var (outcome, workers, jobs) = await run.RunAsync(new FakeBehaviour());

        Assert.Equal(RunOutcome.Done, outcome);
        Assert.All(workers, Assert.Null);
        var course = new Course(run.Options.Recipe, FakeJob.TrainImages, FakeJob.TestImages);
        Assert.All(jobs, job => Assert.Equal(course.Ticks(), job.Ticks));

        var start = Assert.Single(run.Events.Of<RunStarted>());
        Assert.Equal(("quickstart", 2, "cpu", "peer", 64, 10), (start.Network, start.Workers, start.Device, start.Transport, start.Batch, start.Steps));
        Assert.Equal(run.Options.Plan.Sha256, start.PlanSha256);
        Assert.Equal(Enumerable.Range(1, 10).Select(s => (long)s), run.Events.Of<StepDone>().Select(s => s.Step));
        Assert.All(run.Events.Of<StepDone>(), s => Assert.Equal((2.0, 100 - s.Step), (s.Loss, Math.Round(100 * s.Top1Error, 9))));
        Assert.Equal([5, 10], run.Events.Of<TestDone>().Select(t => t.Step));
        Assert.All(run.Events.Of<TestDone>(), t => Assert.Equal((96, 2.0), (t.Images, t.Loss)));

        var done = Assert.Single(run.Events.Of<RunDone>());
        var checkpoint = run.Events.Of<CheckpointDone>()[^1];
        Assert.Equal((10, 10), (done.Step, checkpoint.Step));
        Assert.Equal(checkpoint.WeightsSha256, done.WeightsSha256);
        using (var kept = Checkpoint.Open(checkpoint.Folder)) Assert.Equal(done.WeightsSha256, kept.WeightsSha256(run.Options.Plan.Network));
        // 10 steps and 4 test batches; the fake counts every exchange in every tick.
        Assert.Equal(run.Options.Plan.BytesPerStep * 14, done.Exchanges.Sum(e => e.TotalBytes));
        Assert.False(done.Interrupted);
    }

    [Fact]
    public async Task An_error_in_a_worker_is_named_with_its_step_and_layer()
    {
        using var run = new TestRun();
        var (outcome, workers, _) = await run.RunAsync(new FakeBehaviour("error", 1, 7));
        Assert.Equal(RunOutcome.Failed, outcome);
        var failure = Assert.Single(run.Events.Of<RunFailed>());
        Assert.Equal((1, 7, "conv3"), (failure.Worker, failure.Step, failure.Layer));
        Assert.Contains("the numbers have gone at step 7, layer conv3", failure.Reason, StringComparison.Ordinal);
        Assert.Equal("./alexnet train --run here --resume", failure.Resume);
        // The other worker is told why.
        Assert.Contains("the numbers have gone", workers[0]!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_only_noticed_is_not_blamed()
    {
        // Worker 0 reports the exchange long before the death of worker 1 is known. Both are then in step 3, as workers that exchange are.
        using var run = new TestRun();
        run.Options = run.Options with { Settling = TimeSpan.FromSeconds(2) };
        RunCoordinator? coordinator = null;
        using var meeting = new Barrier(2, _ => Task.Delay(600).ContinueWith(
            _ => coordinator!.ReportChild(1, new ChildExit("worker 1", 77, 137, ["last words"], false)), TaskScheduler.Default));
        var (outcome, _, _) = await run.RunAsync(new FakeBehaviour("exchange", 0, 3) { Meeting = meeting }, c => coordinator = c);
        Assert.Equal(RunOutcome.Failed, outcome);
        var failure = Assert.Single(run.Events.Of<RunFailed>());
        Assert.Equal(1, failure.Worker);
        Assert.StartsWith("worker 1 (pid 77) was killed by SIGKILL at step 3", failure.Reason, StringComparison.Ordinal);
        Assert.Equal(["last words"], failure.LastLines);
    }

    [Fact]
    public async Task Workers_with_different_plans_are_refused_by_name()
    {
        using var run = new TestRun();
        var (outcome, _, _) = await run.RunAsync(new FakeBehaviour("other plan", 1));
        Assert.Equal(RunOutcome.Failed, outcome);
        var failure = Assert.Single(run.Events.Of<RunFailed>());
        Assert.Contains("do not agree on the plan", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("worker 1: another", failure.Reason, StringComparison.Ordinal);
        Assert.Equal("./alexnet train --run here", failure.Resume); // no checkpoint yet
    }

    [Fact]
    public async Task A_stopped_run_is_resumed_where_it_stopped()
    {
        using var run = new TestRun();
        var (outcome, workers, _) = await run.RunAsync(new FakeBehaviour { Pace = TimeSpan.FromMilliseconds(30) }, coordinator =>
            run.Events.Seen = e =>
            {
                if (e is StepDone { Step: 3 }) coordinator.Stop("interrupted");
            });
        Assert.Equal(RunOutcome.Interrupted, outcome);
        Assert.All(workers, Assert.Null);
        var stopped = Assert.Single(run.Events.Of<RunDone>());
        Assert.True(stopped.Interrupted);
        Assert.InRange(stopped.Step, 3, 9);

        var newest = run.Options.Folder.Checkpoints.Newest!;
        var info = CheckpointInfo.Read(newest);
        Assert.Equal(stopped.Step, info.Step);
        run.Options = run.Options with { ResumeFrom = (newest, info), Listen = LocalRun.PrivateAddress() };
        (outcome, _, _) = await run.RunAsync(new FakeBehaviour());
        Assert.Equal(RunOutcome.Done, outcome);
        Assert.Equal(Enumerable.Range(1, 10).Select(s => (long)s), run.Events.Of<StepDone>().Select(s => s.Step));
        Assert.Equal([5, 10], run.Events.Of<TestDone>().Select(t => t.Step));
        Assert.Equal([0, stopped.Step], run.Events.Of<RunStarted>().Select(s => s.ResumedFrom));
    }

    [Fact]
    public async Task A_run_stops_at_its_training_error_however_often_it_was_broken_off()
    {
        // The fake's errors: 99 % in step 1, 98 % in step 2, …; means of epochs of five steps: 97, 92, 87 %.
        using var run = new TestRun(new RecipeOverrides { Epochs = 9 });
        run.Options = run.Options with { Recipe = run.Options.Recipe with { StopAtTrainingError = 0.9 } };
        await run.RunAsync(new FakeBehaviour { Pace = TimeSpan.FromMilliseconds(150) }, coordinator =>
            run.Events.Seen = e =>
            {
                if (e is StepDone { Step: 11 }) coordinator.Stop("interrupted");
            });
        var newest = run.Options.Folder.Checkpoints.Newest!;
        var info = CheckpointInfo.Read(newest);
        Assert.InRange(info.Step, 11, 15); // some are granted ahead, none beyond the epoch
        run.Options = run.Options with { ResumeFrom = (newest, info), Listen = LocalRun.PrivateAddress() };
        Assert.Equal(RunOutcome.Done, (await run.RunAsync(new FakeBehaviour())).Outcome);
        Assert.Equal(Enumerable.Range(1, 15).Select(s => (long)s), run.Events.Of<StepDone>().Select(s => s.Step));
        Assert.Equal([5, 10, 15], run.Events.Of<TestDone>().Select(t => t.Step));
        Assert.Equal((15, 15, false), (run.Events.Of<CheckpointDone>()[^1].Step, run.Events.Of<RunDone>()[^1].Step, run.Events.Of<RunDone>()[^1].Interrupted));
        Assert.Contains("the training error of epoch 2 is 87.00 %, not above 90 %: the run ends here", run.Events.Lines);

        // It stays ended.
        newest = run.Options.Folder.Checkpoints.Newest!;
        run.Options = run.Options with { ResumeFrom = (newest, CheckpointInfo.Read(newest)), Listen = LocalRun.PrivateAddress() };
        Assert.Equal(RunOutcome.Done, (await run.RunAsync(new FakeBehaviour())).Outcome);
        Assert.Equal(15, run.Events.Of<StepDone>().Count);
    }

    [Fact]
    public async Task A_run_without_all_its_workers_does_not_wait_for_ever()
    {
        using var run = new TestRun();
        run.Options = run.Options with { Admission = TimeSpan.FromSeconds(0.5) };
        await using var coordinator = new RunCoordinator(run.Options, run.Events);
        await coordinator.StartAsync();
        Assert.Equal(RunOutcome.Failed, await coordinator.RunAsync().WaitAsync(TestRun.Soon));
        Assert.Contains("no worker for rank 0, 1 came within", Assert.Single(run.Events.Of<RunFailed>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_before_training_is_no_failure()
    {
        using var run = new TestRun();
        await using var coordinator = new RunCoordinator(run.Options, run.Events);
        await coordinator.StartAsync();
        coordinator.Stop("interrupted");
        Assert.Equal(RunOutcome.Interrupted, await coordinator.RunAsync().WaitAsync(TestRun.Soon));
        Assert.Empty(run.Events.Of<RunFailed>());
    }
}

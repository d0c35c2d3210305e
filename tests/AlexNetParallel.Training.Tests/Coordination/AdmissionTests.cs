using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Peer;
using AlexNetParallel.Training.Runs;
using Grpc.Core;

namespace AlexNetParallel.Training.Tests.Coordination;

public sealed class AdmissionTests
{
    [Theory]
    [InlineData(0, "rank 0 is taken by worker 0")]
    [InlineData(2, "there is no rank 2: the run has 2 workers")]
    public async Task A_wrong_rank_is_refused_with_the_reason(int rank, string message)
    {
        using var run = new TestRun();
        await using var coordinator = new RunCoordinator(run.Options, run.Events);
        await coordinator.StartAsync();
        var running = coordinator.RunAsync();
        using var cancel = new CancellationTokenSource();
        var first = JoinAsync(coordinator.Address, 0, cancel.Token);
        while (run.Events.Lines.Count == 0) await Task.Delay(10);
        var refused = await Assert.ThrowsAsync<WorkerSessionException>(() => JoinAsync(coordinator.Address, rank, default));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        coordinator.Stop("over");
        await running.WaitAsync(TestRun.Soon);
    }

    [Fact]
    public async Task A_worker_waits_for_its_coordinator_but_not_for_ever()
    {
        var nobody = LocalRun.PrivateAddress();
        var options = new WorkerSessionOptions { Coordinator = nobody, Device = "fake", ConnectTime = TimeSpan.FromSeconds(0.5) };
        var refused = await Assert.ThrowsAsync<WorkerSessionException>(() => WorkerSession.RunAsync(options, _ => new FakeJob(new FakeBehaviour()), default).WaitAsync(TestRun.Soon));
        Assert.Contains($"the coordinator at {nobody} could not be reached within", refused.Message, StringComparison.Ordinal);

        using var run = new TestRun();
        var early = Enumerable.Range(0, 2).Select(_ => JoinAsync(run.Options.Listen, null, default)).ToList();
        await Task.Delay(300);
        await using var coordinator = new RunCoordinator(run.Options, run.Events);
        await coordinator.StartAsync();
        Assert.Equal(RunOutcome.Done, await coordinator.RunAsync().WaitAsync(TestRun.Soon));
        await Task.WhenAll(early).WaitAsync(TestRun.Soon);
    }

    [Fact]
    public async Task A_first_message_that_is_no_registration_is_refused()
    {
        using var run = new TestRun();
        await using var coordinator = new RunCoordinator(run.Options, run.Events);
        await coordinator.StartAsync();
        using var channel = RpcChannel.Open(coordinator.Address);
        using var call = new Training.Coordination.Wire.Coordinator.CoordinatorClient(channel).Work();
        await call.RequestStream.WriteAsync(new WorkerMessage { Finished = new Finished() });
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task A_silent_worker_is_given_up()
    {
        using var run = new TestRun();
        run.Options = run.Options with { Silence = TimeSpan.FromSeconds(1) };
        await using var coordinator = new RunCoordinator(run.Options, run.Events);
        await coordinator.StartAsync();
        var running = coordinator.RunAsync();
        using var channel = RpcChannel.Open(coordinator.Address);
        var client = new Training.Coordination.Wire.Coordinator.CoordinatorClient(channel);
        using var one = client.Work();
        using var two = client.Work();
        foreach (var call in new[] { one, two }) await call.RequestStream.WriteAsync(new WorkerMessage { Registration = new Registration { Host = "elsewhere", HostName = "h", Pid = 5 } });
        Assert.True(await one.ResponseStream.MoveNext(default));
        Assert.Equal("preparing", (await client.GetStatusAsync(new StatusRequest())).Phase);
        Assert.Equal(RunOutcome.Failed, await running.WaitAsync(TestRun.Soon));
        Assert.Contains("has said nothing for", Assert.Single(run.Events.Of<RunFailed>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Silence_is_what_the_coordinator_could_have_heard()
    {
        var link = new WorkerLink(new Registration());
        link.Listened(TimeSpan.FromSeconds(2));
        link.Listened(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(3), link.Silence);
        link.Hear(null);
        Assert.Equal(TimeSpan.Zero, link.Silence);
    }

    private static Task JoinAsync(RpcAddress address, int? rank, CancellationToken cancellation) =>
        WorkerSession.RunAsync(new WorkerSessionOptions { Coordinator = address, Rank = rank, Device = "fake" }, _ => new FakeJob(new FakeBehaviour()), cancellation);
}

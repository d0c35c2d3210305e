using AlexNetParallel.Exchange.TestWorker;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>What every transport must do, whatever carries the bytes.</summary>
public abstract class TransportContract
{
    /// <summary>One transport for each rank.</summary>
    protected abstract IReadOnlyList<ITransport> Create(int workers);

    [Theory]
    [InlineData(2, 1, 60)]
    [InlineData(2, 2, 60)]
    [InlineData(4, 3, 40)]
    [InlineData(3, 4, 40)]
    public async Task Every_float_arrives_and_no_other_is_touched(int workers, int seed, int ticks)
    {
        using var group = new TransportGroup(Create(workers));
        var plan = new RandomPlan(workers, seed);
        var members = group.Transports.Select((t, rank) => new PlanWorker(t, plan, rank, seed)).ToList();
        var addresses = await group.ListenAsync();
        await Task.WhenAll(members.Select(m => m.ConnectAsync(addresses, CancellationToken.None)));

        group.Run((rank, _) =>
        {
            for (var tick = 1; tick <= ticks; tick++) members[rank].Run(tick);
        });

        foreach (var member in members)
        {
            member.CheckUntouched();
            member.CheckCounters(ticks);
        }
    }

    [Fact]
    public async Task Memory_is_zeroed_and_aligned()
    {
        using var group = new TransportGroup(Create(2));
        foreach (var floats in new[] { 1L, 31, 1024, 1_000_003 })
        {
            var address = group.Transports[0].Allocate((int)floats, floats);
            Assert.Equal(0, address % 4096);
            AssertAllZero(address, floats);
        }
        await group.ListenAsync();
    }

    [Fact]
    public Task Receiver_may_take_slabs_in_another_order_than_they_were_sent() => PlayAsync(Scenario.OtherOrder);

    [Fact]
    public Task Ticks_may_follow_each_other_at_once() => PlayAsync(Scenario.TicksAtOnce);

    [Fact]
    public Task A_tick_may_leave_slabs_out() => PlayAsync(Scenario.SlabsLeftOut);

    [Fact]
    public async Task Nothing_is_allocated_in_a_steady_state()
    {
        using var group = new TransportGroup(Create(2));
        var plan = new RandomPlan(2, 5);
        var members = group.Transports.Select((t, rank) => new PlanWorker(t, plan, rank, 5)).ToList();
        var addresses = await group.ListenAsync();
        await Task.WhenAll(members.Select(m => m.ConnectAsync(addresses, CancellationToken.None)));
        var allocated = new long[2];
        group.Run((rank, _) =>
        {
            for (var tick = 1; tick <= 100; tick++) members[rank].Run(tick, check: false);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var tick = 101; tick <= 300; tick++) members[rank].Run(tick, check: false);
            allocated[rank] = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.Equal([0, 0], allocated);
    }

    [Fact]
    public async Task Abort_wakes_whoever_waits_and_tells_why()
    {
        using var group = new TransportGroup(Create(2));
        await ConnectAsync(group, Simple(0, 0, 1), Simple(1, 1, 0));
        var receiver = group.Transports[1];
        receiver.PostReceive(0, 1);
        var waiting = Task.Run(() => receiver.WaitReceived(0, 1));
        await Task.Delay(150);
        Assert.False(waiting.IsCompleted);
        receiver.Abort("the coordinator is gone");
        var error = await Assert.ThrowsAsync<ExchangeException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Contains("the coordinator is gone", error.Message);
        Assert.Contains("slab 0 of exchange 0 (worker 0 to worker 1), tick 1", error.Message);
        Assert.Throws<ExchangeException>(() => receiver.WaitSent(1, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_leaves_ends_the_wait(bool abort)
    {
        using var group = new TransportGroup(Create(2));
        await ConnectAsync(group, Simple(0, 0, 1));
        var receiver = group.Transports[1];
        receiver.PostReceive(0, 1);
        var waiting = Task.Run(() => receiver.WaitReceived(0, 1));
        await Task.Delay(100);
        if (abort) group.Transports[0].Abort("out of memory");
        else group.Transports[0].Dispose();
        var error = await Assert.ThrowsAsync<ExchangeException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Contains("worker 0", error.Message);
        if (abort) Assert.Contains("out of memory", error.Message);
    }

    [Fact]
    public async Task Counters_remain_after_the_end()
    {
        var group = new TransportGroup(Create(2));
        await ConnectAsync(group, Simple(0, 0, 1));
        group.Run((rank, transport) =>
        {
            if (rank == 0)
            {
                transport.PostSend(0, 1);
                transport.WaitSent(0, 1);
            }
            else
            {
                transport.PostReceive(0, 1);
                transport.WaitReceived(0, 1);
            }
        });
        group.Dispose();
        Assert.Equal(SimpleFloats * 4, group.Transports[0].Counters(0).PayloadBytesSent);
        Assert.Equal(SimpleFloats * 4, group.Transports[1].Counters(0).PayloadBytesReceived);
        Assert.Equal(0, group.Transports[1].Counters(7).Messages);
    }

    [Fact]
    public async Task Wrong_plans_are_refused()
    {
        await Refused("has 64", Simple(0, 0, 1) with { Source = new StridedBox(1, 1, 1, SimpleFloats, 0, 0) });
        await Refused("has 64", Simple(0, 0, 1) with { Destination = new StridedBox(0, 4, 1, SimpleFloats / 4, 20, 0) });
        await Refused("enters with", Simple(0, 0, 1) with { Destination = new StridedBox(0, 1, 1, 8, 0, 0) });
        await Refused("tensor 9", Simple(0, 0, 1) with { DestinationTensor = 9 });
        await Refused("there are 2", Simple(0, 0, 2));
        await Refused("twice", Simple(0, 0, 1), Simple(0, 1, 0));

        async Task Refused(string word, params Slab[] slabs)
        {
            using var group = new TransportGroup(Create(2));
            // Each worker checks what it can see: its own end at least.
            var errors = new List<string>();
            Allocate(group);
            var addresses = await group.ListenAsync();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await Task.WhenAll(group.Transports.Select(async transport =>
            {
                try
                {
                    await transport.ConnectAsync(slabs, addresses, patience.Token);
                }
                catch (ArgumentException e)
                {
                    lock (errors) errors.Add(e.Message);
                    await patience.CancelAsync();
                }
                catch (Exception e) when (e is OperationCanceledException or ExchangeException)
                {
                    // The other worker refused. A relay remembers, and may say so first, that this worker's last attempt failed.
                }
            }));
            Assert.Contains(errors, e => e.Contains(word));
        }
    }

    [Fact]
    public async Task Posts_that_no_program_would_make_are_refused()
    {
        using var group = new TransportGroup(Create(2));
        await ConnectAsync(group, Simple(0, 0, 1));
        var (sender, receiver) = (group.Transports[0], group.Transports[1]);
        Assert.Throws<ArgumentException>(() => sender.PostReceive(0, 1));
        Assert.Throws<ArgumentException>(() => sender.PostSend(1, 1));
        Assert.Throws<InvalidOperationException>(() => receiver.WaitReceived(0, 1));
        receiver.PostReceive(0, 2);
        sender.PostSend(0, 2);
        receiver.WaitReceived(0, 2);
        sender.WaitSent(0, 2);
        Assert.Throws<InvalidOperationException>(() => sender.PostSend(0, 2));
        Assert.Throws<InvalidOperationException>(() => receiver.PostReceive(0, 1));
    }

    /// <summary>Floats of each slab of <see cref="Simple"/>.</summary>
    protected const int SimpleFloats = Scenario.Floats;

    /// <summary>A slab without strides between tensors of its own number.</summary>
    protected static Slab Simple(int id, int from, int to) => Scenario.Simple(id, from, to);

    private async Task PlayAsync(Scenario scenario)
    {
        using var group = new TransportGroup(Create(2));
        await ConnectAsync(group, [.. scenario.Slabs]);
        group.Run(scenario.Run);
    }

    private static void Allocate(TransportGroup group)
    {
        foreach (var transport in group.Transports)
            for (var tensor = 0; tensor < 3; tensor++) transport.Allocate(tensor, SimpleFloats);
    }

    private static async Task ConnectAsync(TransportGroup group, params Slab[] slabs)
    {
        Allocate(group);
        var addresses = await group.ListenAsync();
        await Task.WhenAll(group.Transports.Select(t => t.ConnectAsync(slabs, addresses, CancellationToken.None)));
    }

    private static unsafe void AssertAllZero(nint address, long floats) =>
        Assert.Equal(-1, new ReadOnlySpan<float>((void*)address, (int)floats).IndexOfAnyExcept(0f));
}

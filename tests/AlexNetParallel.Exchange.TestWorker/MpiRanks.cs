using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Exchange.Mpi;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>What the ranks of an MPI job do in tests: the contract of transports, one part after another in the same processes. Throws at what is wrong.</summary>
public sealed class MpiRanks
{
    private const string Reason = "out of memory";

    private readonly int workers;
    private readonly int rank;
    private readonly string[] addresses;

    /// <summary>This process's worker: the last rank of the job is worker 0.</summary>
    public MpiRanks()
    {
        workers = int.Parse(Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE")!);
        rank = workers - 1 - int.Parse(Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK")!);
        addresses = [.. Enumerable.Range(0, workers).Select(w => MpiTransport.AddressOf(workers - 1 - w))];
    }

    /// <summary>Everything that ends well.</summary>
    public async Task KeepContractAsync()
    {
        for (var seed = 1; seed <= 3; seed++) await ExchangeAsync(seed, ticks: 200);
        // MPI has signal handlers of its own; those of the runtime must still be there.
        string? nothing = null;
        Fails<NullReferenceException>(() => _ = nothing!.Length, "");
        if (workers > 2) return;
        foreach (var scenario in Scenario.All) await WithTransportAsync(scenario, scenario.Run);
        await WithTransportAsync(Scenario.SlabsLeftOut, Leave);
        await WithTransportAsync(Scenario.SlabsLeftOut, Abort);
        await BenchAsync();
        await RefuseOtherPlanAsync();
    }

    /// <summary>Exchanges for ever; worker 0 fails at a tick, if that is not 0.</summary>
    public async Task ExchangeUntilAsync(int failure)
    {
        using var transport = new MpiTransport(rank, workers);
        try
        {
            var member = await LinkAsync(transport, seed: 5);
            Console.WriteLine($"worker {rank} pid {Environment.ProcessId}");
            for (var tick = 1; ; tick++)
            {
                if (rank == 0 && tick == failure) throw new InvalidDataException(Reason);
                member.Run(tick);
            }
        }
        catch (Exception e)
        {
            transport.Abort(e.Message); // as an engine does
            throw;
        }
    }

    private async Task<PlanWorker> LinkAsync(MpiTransport transport, int seed)
    {
        var member = new PlanWorker(transport, new RandomPlan(workers, seed), rank, seed);
        Check(addresses[rank] == await transport.ListenAsync(CancellationToken.None), "the address is not the rank's");
        await member.ConnectAsync(addresses, CancellationToken.None);
        return member;
    }

    private async Task ExchangeAsync(int seed, int ticks)
    {
        using var transport = new MpiTransport(rank, workers);
        var member = await LinkAsync(transport, seed);
        var allocated = RunTicks(member, ticks);
        member.CheckUntouched();
        member.CheckCounters(ticks);
        Check(allocated == 0, $"{allocated} bytes were allocated in a steady state");
    }

    /// <summary>Bytes that all threads allocated in the second half.</summary>
    private static long RunTicks(PlanWorker member, int ticks)
    {
        for (var tick = 1; tick <= ticks / 2; tick++) member.Run(tick);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var tick = ticks / 2 + 1; tick <= ticks; tick++) member.Run(tick, check: false);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private async Task WithTransportAsync(Scenario scenario, Action<int, ITransport> run)
    {
        using var transport = new MpiTransport(rank, workers);
        scenario.Allocate(transport);
        await transport.ListenAsync(CancellationToken.None);
        await transport.ConnectAsync(scenario.Slabs, addresses, CancellationToken.None);
        run(rank, transport);
    }

    /// <summary>Worker 0 ends in order while worker 1 waits for it.</summary>
    private static void Leave(int rank, ITransport transport)
    {
        if (rank == 0) Thread.Sleep(100);
        else Fails<ExchangeException>(() => Wait(transport, 0), "worker 0 has left (it ended its work)");
    }

    /// <summary>Worker 1 is told to stop while it waits for worker 0, which waits for it: both learn why.</summary>
    private static void Abort(int rank, ITransport transport)
    {
        if (rank == 0)
        {
            Fails<ExchangeException>(() => Wait(transport, 1), $"worker 1 has left ({Reason}), at slab 1 of exchange 1 (worker 1 to worker 0), tick 1");
            return;
        }
        using var timer = new Timer(_ => transport.Abort(Reason), null, 150, Timeout.Infinite);
        Fails<ExchangeException>(() => Wait(transport, 0), $"worker 1 was told to stop ({Reason}), at slab 0");
        Fails<ExchangeException>(() => transport.WaitSent(1, 1), Reason);
    }

    private async Task RefuseOtherPlanAsync()
    {
        using var transport = new MpiTransport(rank, workers);
        Scenario.OtherOrder.Allocate(transport);
        await transport.ListenAsync(CancellationToken.None);
        var slabs = Scenario.OtherOrder.Slabs.Take(2 + rank).ToList();
        // At the end: nothing that was sent to it may come to another transport.
        Fails<ExchangeException>(() => transport.ConnectAsync(slabs, addresses, CancellationToken.None).GetAwaiter().GetResult(), "do not have the same plan");
    }

    private async Task BenchAsync()
    {
        using var transport = new MpiTransport(rank, workers);
        var bench = ExchangeBench.Prepare(transport, rank, ExchangeBench.Conv3Slab);
        await transport.ListenAsync(CancellationToken.None);
        await transport.ConnectAsync(bench.Slabs, addresses, CancellationToken.None);
        var timing = bench.Run(repeats: 10, warmUp: 2);
        Check(timing.Transport == "mpi" && timing.MedianSeconds > 0, "the bench took no time");
        Scenario.Expect(12 * timing.Bytes, transport.Counters(0).PayloadBytesSent);
        Scenario.Expect(0, transport.Counters(0).OverheadBytesSent);
    }

    private static void Wait(ITransport transport, int slab)
    {
        transport.PostReceive(slab, 1);
        transport.WaitReceived(slab, 1);
    }

    private static void Fails<T>(Action act, string word) where T : Exception
    {
        try
        {
            act();
        }
        catch (T e)
        {
            Check(e.Message.Contains(word, StringComparison.Ordinal), $"found '{e.Message}'; expected '{word}'");
            return;
        }
        throw new InvalidDataException($"nothing failed; expected '{word}'");
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidDataException(otherwise);
    }
}

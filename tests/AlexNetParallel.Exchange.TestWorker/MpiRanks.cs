using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Exchange.Mpi;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>What the ranks of an MPI job do in tests: the contract of transports, one part after another in the same processes. Throws at what is wrong.</summary>
public sealed class MpiRanks
{
    /// <summary>Measured as up to three times 448 bytes, whatever the number of slabs: threads that the runtime's pool starts or ends. One object for a slab would come to ten times this.</summary>
    private const long RuntimeBytes = 4096;

    private const string Reason = "out of memory";

    private readonly int workers;
    private readonly int rank;
    private readonly string[] addresses;

    /// <summary>This process's worker: the last rank of the job is worker 0.</summary>
    public MpiRanks()
    {
        workers = int.Parse(Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE")!);
        rank = workers - 1 - int.Parse(Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK")!);
        Console.WriteLine($"job {Environment.GetEnvironmentVariable("PMIX_NAMESPACE")}");
        addresses = [.. Enumerable.Range(0, workers).Select(w => MpiTransport.AddressOf(workers - 1 - w))];
    }

    /// <summary>Everything that ends well.</summary>
    public void KeepContract()
    {
        for (var seed = 1; seed <= 3; seed++) Exchange(seed, ticks: 200);
        // MPI has signal handlers of its own; those of the runtime must still be there.
        string? nothing = null;
        Fails<NullReferenceException>(() => _ = nothing!.Length, "");
        if (workers > 2) return;
        foreach (var scenario in Scenario.All) WithTransport(scenario, scenario.Run);
        WithTransport(Scenario.SlabsLeftOut, Leave);
        WithTransport(Scenario.SlabsLeftOut, Abort);
        Bench();
        RefuseOtherPlan();
    }

    /// <summary>Exchanges for ever; worker 0 fails at a tick, if that is not 0.</summary>
    public void ExchangeUntil(int failure)
    {
        using var transport = new MpiTransport(rank, workers);
        try
        {
            var member = Link(transport, seed: 5);
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

    private PlanWorker Link(MpiTransport transport, int seed)
    {
        var member = new PlanWorker(transport, new RandomPlan(workers, seed), rank, seed);
        Check(addresses[rank] == transport.ListenAsync(CancellationToken.None).GetAwaiter().GetResult(), "the address is not the rank's");
        member.ConnectAsync(addresses, CancellationToken.None).GetAwaiter().GetResult();
        return member;
    }

    private void Exchange(int seed, int ticks)
    {
        using var transport = new MpiTransport(rank, workers);
        var member = Link(transport, seed);
        var (onThread, inAll) = RunTicks(member, ticks);
        member.CheckUntouched();
        member.CheckCounters(ticks);
        Check(onThread == 0 && inAll < RuntimeBytes, $"{onThread} bytes were allocated on the worker's thread in a steady state, {inAll} on all");
    }

    /// <summary>Bytes that the worker's thread and all threads allocated in the second half.</summary>
    private static (long OnThread, long InAll) RunTicks(PlanWorker member, int ticks)
    {
        for (var tick = 1; tick <= ticks / 2; tick++) member.Run(tick);
        var (onThread, inAll) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes(precise: true));
        for (var tick = ticks / 2 + 1; tick <= ticks; tick++) member.Run(tick, check: false);
        return (GC.GetAllocatedBytesForCurrentThread() - onThread, GC.GetTotalAllocatedBytes(precise: true) - inAll);
    }

    private void WithTransport(Scenario scenario, Action<int, ITransport> run)
    {
        using var transport = new MpiTransport(rank, workers);
        scenario.Allocate(transport);
        transport.ListenAsync(CancellationToken.None).GetAwaiter().GetResult();
        transport.ConnectAsync(scenario.Slabs, addresses, CancellationToken.None).GetAwaiter().GetResult();
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

    private void RefuseOtherPlan()
    {
        using var transport = new MpiTransport(rank, workers);
        Scenario.OtherOrder.Allocate(transport);
        transport.ListenAsync(CancellationToken.None).GetAwaiter().GetResult();
        var slabs = Scenario.OtherOrder.Slabs.Take(2 + rank).ToList();
        // At the end: nothing that was sent to it may come to another transport.
        Fails<ExchangeException>(() => transport.ConnectAsync(slabs, addresses, CancellationToken.None).GetAwaiter().GetResult(), "do not have the same plan");
    }

    private void Bench()
    {
        using var transport = new MpiTransport(rank, workers);
        var bench = ExchangeBench.Prepare(transport, rank, ExchangeBench.Conv3Slab);
        transport.ListenAsync(CancellationToken.None).GetAwaiter().GetResult();
        transport.ConnectAsync(bench.Slabs, addresses, CancellationToken.None).GetAwaiter().GetResult();
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

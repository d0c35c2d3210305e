using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Exchange.TestWorker;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>Transports between real processes.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData("peer", 2, false)]
    [InlineData("peer", 4, false)]
    [InlineData("peer", 2, true)]
    [InlineData("grpc", 2, false)]
    [InlineData("grpc-unix", 4, false)]
    [InlineData("grpc", 2, true)]
    public void Processes_exchange_every_tick_and_allocate_nothing(string transport, int workers, bool busy)
    {
        const int ticks = 200;
        var shared = SharedFiles();
        using var load = busy ? new Load() : null;
        using var group = new Group(transport, workers, seed: 11 + workers, ticks);
        foreach (var process in group.Members)
        {
            var allocated = process.Expect("done").Split(' ').Select(long.Parse).ToArray();
            // Over a connection the runtime itself makes something once and again: when two threads first want one lock, or a thread of the pool starts late. GrpcAllocationTests holds the rest to nothing.
            Assert.InRange(allocated[0], 0, transport == "peer" ? 0 : (ticks / 2 * 24) - 1);
            Assert.InRange(allocated[1], 0, transport == "peer" ? 0 : 64 * 1024);
        }
        foreach (var process in group.Members) Assert.Equal(0, process.WaitForExit());
        Assert.Equal(shared, SharedFiles());
    }

    [Theory]
    [InlineData("peer", 2)]
    [InlineData("peer", 4)]
    [InlineData("grpc", 2)]
    [InlineData("grpc-unix", 4)]
    public void A_killed_worker_ends_the_waits_of_its_peers(string transport, int workers)
    {
        var shared = SharedFiles();
        using var group = new Group(transport, workers, seed: 21, ticks: 0);
        Thread.Sleep(300);
        group.Members[0].Kill();
        AssertNamed(group, "worker 0");
        Assert.Equal(shared, SharedFiles());
    }

    [Theory]
    [InlineData("peer")]
    [InlineData("grpc")]
    public void A_worker_killed_before_it_posted_anything_is_noticed_too(string transport)
    {
        using var group = new Group(transport, 2, seed: 22, ticks: 0, silent: 0);
        Thread.Sleep(300);
        group.Members[0].Kill();
        AssertNamed(group, "worker 0");
    }

    /// <summary>Every survivor ends, soon, with an error that names a slab, and somebody names the dead worker.</summary>
    private static void AssertNamed(Group group, string worker)
    {
        var clock = Stopwatch.StartNew();
        var errors = group.Members.Skip(1).Select(p => p.Expect("failed")).ToList();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        Assert.All(errors, e => Assert.Contains("ExchangeException", e));
        Assert.All(errors, e => Assert.Contains("slab ", e));
        Assert.All(errors, e => Assert.Contains(worker, e));
        foreach (var survivor in group.Members.Skip(1)) Assert.Equal(3, survivor.WaitForExit());
    }

    /// <summary>Without those of MPI jobs, which others may run at the same time.</summary>
    private static string[] SharedFiles() =>
        Directory.Exists("/dev/shm") ? [.. Directory.GetFileSystemEntries("/dev/shm").Where(f => !Path.GetFileName(f).StartsWith("vader", StringComparison.Ordinal)).Order()] : [];

    /// <summary>All workers of a plan, linked up.</summary>
    private sealed class Group : IDisposable
    {
        public Group(string transport, int workers, int seed, long ticks, int silent = -1)
        {
            Members = [.. Enumerable.Range(0, workers).Select(rank => new WorkerProcess(transport, workers, rank, seed, rank == silent ? -1 : ticks))];
            try
            {
                var addresses = JsonSerializer.Serialize(Members.Select(m => m.Expect("address")).ToArray());
                foreach (var member in Members) member.Tell(addresses);
                foreach (var member in Members) member.Expect("connected");
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public IReadOnlyList<WorkerProcess> Members { get; }

        public void Dispose()
        {
            foreach (var member in Members) member.Dispose();
        }
    }

    /// <summary>Keeps every core busy.</summary>
    private sealed class Load : IDisposable
    {
        private volatile bool ended;

        public Load()
        {
            for (var core = 0; core < Environment.ProcessorCount; core++)
                new Thread(() => { while (!ended) Thread.SpinWait(1000); }) { IsBackground = true }.Start();
        }

        public void Dispose() => ended = true;
    }
}

using System.Runtime.ExceptionServices;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>The transports of all workers, each driven by a thread of its own in this process.</summary>
public sealed class TransportGroup(IReadOnlyList<ITransport> transports) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>By rank.</summary>
    public IReadOnlyList<ITransport> Transports => transports;

    /// <summary>Runs one body for each rank, with threads that start each phase together, and throws what any of them threw.</summary>
    public void Run(Action<int, ITransport> body)
    {
        var failures = new Exception?[transports.Count];
        var threads = transports.Select((transport, rank) => new Thread(() =>
        {
            try
            {
                body(rank, transport);
            }
            catch (Exception e)
            {
                failures[rank] = e;
                foreach (var other in transports) other.Abort($"worker {rank} failed: {e.Message}");
            }
        })
        { IsBackground = true }).ToList();
        threads.ForEach(t => t.Start());
        var late = threads.Count(t => !t.Join(Patience));
        if (failures.FirstOrDefault(f => f is not null and not ExchangeException) is { } failure) ExceptionDispatchInfo.Throw(failure);
        if (failures.FirstOrDefault(f => f is not null) is { } second) ExceptionDispatchInfo.Throw(second);
        Assert.True(late == 0, $"{late} workers hang");
    }

    /// <summary>What each rank tells, by rank.</summary>
    public async Task<string[]> ListenAsync() => await Task.WhenAll(transports.Select(t => t.ListenAsync(CancellationToken.None)));

    public void Dispose()
    {
        foreach (var transport in transports) transport.Dispose();
    }
}

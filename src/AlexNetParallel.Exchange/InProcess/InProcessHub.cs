using AlexNetParallel.Exchange.Direct;

namespace AlexNetParallel.Exchange.InProcess;

/// <summary>
/// Workers as threads of one process: one transport for each rank, all of them over this process's own memory. Memory that transports handed out is
/// freed when the last of them is disposed.
/// </summary>
public sealed class InProcessHub
{
    private readonly InProcessTransport[] transports;
    private int alive;

    /// <param name="workers">Number of workers.</param>
    public InProcessHub(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        transports = [.. Enumerable.Range(0, workers).Select(rank => new InProcessTransport(this, rank, workers))];
        alive = workers;
    }

    /// <summary>The transport of one worker. Whoever takes the hub disposes all of them.</summary>
    public ITransport this[int rank] => transports[rank];

    internal InProcessTransport Member(int rank) => transports[rank];

    /// <summary>One transport was disposed; the last one frees what all of them hold, because a peer may still copy from it.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref alive) != 0) return;
        foreach (var transport in transports) transport.Free();
    }
}

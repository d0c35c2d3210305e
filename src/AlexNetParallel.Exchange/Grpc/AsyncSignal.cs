using System.Threading.Tasks.Sources;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>Wakes one waiting loop, on the thread pool. A signal without a waiter is kept; several are one. Allocates nothing, neither to signal nor to wait.</summary>
internal sealed class AsyncSignal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Quiet = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> core;
    private int state;

    /// <summary>Lets the loop go on.</summary>
    public void Signal()
    {
        while (true)
        {
            var seen = Volatile.Read(ref state);
            if (seen == Signalled) return;
            if (Interlocked.CompareExchange(ref state, seen == Quiet ? Signalled : Quiet, seen) != seen) continue;
            // The worker's own thread must not run the loop.
            if (seen == Waiting) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
    }

    /// <summary>Waits for the next signal. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        core.Reset();
        if (Interlocked.CompareExchange(ref state, Waiting, Quiet) == Quiet) return new ValueTask(this, core.Version);
        Volatile.Write(ref state, Quiet);
        return ValueTask.CompletedTask;
    }

    void IThreadPoolWorkItem.Execute() => core.SetResult(true);

    void IValueTaskSource.GetResult(short token) => core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}

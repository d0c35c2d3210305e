using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Work that divides into items which write disjoint outputs: who computes an item, and when, cannot change a bit of the result.
/// </summary>
internal interface ITeamJob
{
    /// <summary>Computes one item.</summary>
    /// <param name="item">Number of the item.</param>
    /// <param name="thread">Number of the thread that computes it, from 0: for scratch memory.</param>
    void Run(int item, int thread);
}

/// <summary>
/// The threads of a device: the caller's and some that wait for jobs, spinning for a short while, then asleep. Nothing is allocated for a job.
/// One thread at a time may give jobs.
/// </summary>
internal sealed unsafe class CpuTeam : IDisposable
{
    private const int Spins = 2000;

    private readonly Thread[] helpers;
    private readonly object gate = new();
    private delegate*<void*, int, int, void> body;
    private void* job;
    private int items;
    private int nextItem;
    private int busy;
    private volatile int generation;
    private volatile bool stopping;
    private ExceptionDispatchInfo? failure;

    /// <param name="threads">Threads that compute, the caller's included; at least 1.</param>
    public CpuTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        helpers = new Thread[threads - 1];
        for (var i = 0; i < helpers.Length; i++)
        {
            var number = i + 1;
            helpers[i] = new Thread(() => Help(number)) { IsBackground = true, Name = $"cpu device {number}" };
            helpers[i].Start();
        }
    }

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Runs items 0 .. <paramref name="count"/>-1 of a job and returns when all are done.</summary>
    public void Run<TJob>(TJob work, int count) where TJob : struct, ITeamJob
    {
        if (helpers.Length == 0 || count <= 1)
        {
            for (var item = 0; item < count; item++) work.Run(item, 0);
            return;
        }
        // The job lies in this frame, which stays until all helpers are done with it.
        job = Unsafe.AsPointer(ref work);
        body = &Invoke<TJob>;
        items = count;
        nextItem = 0;
        busy = helpers.Length;
        lock (gate)
        {
            generation++;
            Monitor.PulseAll(gate);
        }
        RunItems(0);
        WaitForHelpers();
        job = null;
        if (failure is not { } caught) return;
        failure = null;
        caught.Throw();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }
        foreach (var helper in helpers) helper.Join();
    }

    private static void Invoke<TJob>(void* job, int item, int thread) where TJob : struct, ITeamJob =>
        Unsafe.AsRef<TJob>(job).Run(item, thread);

    private void RunItems(int thread)
    {
        try
        {
            for (int item; (item = Interlocked.Increment(ref nextItem) - 1) < items;) body(job, item, thread);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            Volatile.Write(ref nextItem, items);
        }
    }

    private void Help(int thread)
    {
        var seen = 0;
        while (WaitForJob(ref seen))
        {
            RunItems(thread);
            if (Interlocked.Decrement(ref busy) > 0) continue;
            lock (gate) Monitor.PulseAll(gate);
        }
    }

    /// <summary>True when there is a job that this helper has not seen; false when the team is disposed.</summary>
    private bool WaitForJob(ref int seen)
    {
        for (var i = 0; i < Spins && generation == seen && !stopping; i++) Thread.SpinWait(10);
        if (generation == seen)
        {
            lock (gate)
            {
                while (generation == seen && !stopping) Monitor.Wait(gate);
            }
        }
        seen = generation;
        return !stopping;
    }

    private void WaitForHelpers()
    {
        for (var i = 0; i < Spins && Volatile.Read(ref busy) > 0; i++) Thread.SpinWait(10);
        if (Volatile.Read(ref busy) == 0) return;
        lock (gate)
        {
            while (Volatile.Read(ref busy) > 0) Monitor.Wait(gate);
        }
    }
}

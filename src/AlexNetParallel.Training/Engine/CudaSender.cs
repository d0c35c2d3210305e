using System.Runtime.ExceptionServices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Training.Engine;

/// <summary>Hands slabs to the transport in the order in which they were sent, each once its mark is reached: a thread that sleeps while the device computes.</summary>
internal sealed class CudaSender : IDisposable
{
    private readonly ITransport transport;
    private readonly Dictionary<int, CudaMark> marks;
    private readonly Queue<(Slab Slab, long Tick)> queue = new();
    private readonly object gate = new();
    private readonly Thread thread;
    private ExceptionDispatchInfo? failure;
    private bool busy;
    private bool closed;

    public CudaSender(CudaDevice device, ITransport transport, IEnumerable<Slab> slabs)
    {
        this.transport = transport;
        marks = slabs.ToDictionary(s => s.Id, _ => new CudaMark(device));
        queue.EnsureCapacity(marks.Count);
        thread = new Thread(Loop) { IsBackground = true, Name = "slabs from the device" };
        thread.Start();
    }

    /// <summary>The mark that stands for a slab's readiness; set it before <see cref="Add"/>.</summary>
    public CudaMark MarkOf(Slab slab) => marks[slab.Id];

    /// <summary>Sends a slab after those before it.</summary>
    public void Add(Slab slab, long tick)
    {
        ThrowIfFailed();
        lock (gate)
        {
            queue.Enqueue((slab, tick));
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits until all slabs are with the transport.</summary>
    public void Drain()
    {
        lock (gate)
        {
            while ((busy || queue.Count > 0) && failure is null) Monitor.Wait(gate);
        }
        ThrowIfFailed();
    }

    /// <summary>Throws what ended the thread.</summary>
    public void ThrowIfFailed() => Volatile.Read(ref failure)?.Throw();

    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
        thread.Join();
        foreach (var mark in marks.Values) mark.Dispose();
    }

    private void Loop()
    {
        try
        {
            while (Take() is { Slab: not null } next)
            {
                marks[next.Slab.Id].Wait();
                transport.PostSend(next.Slab.Id, next.Tick);
            }
        }
        catch (Exception e) when (e is ExchangeException or CudaException or InvalidOperationException)
        {
            lock (gate)
            {
                failure = ExceptionDispatchInfo.Capture(e);
                Monitor.PulseAll(gate);
            }
        }
    }

    private (Slab? Slab, long Tick) Take()
    {
        lock (gate)
        {
            busy = false;
            Monitor.PulseAll(gate);
            while (queue.Count == 0 && !closed) Monitor.Wait(gate);
            if (queue.Count == 0) return default;
            busy = true;
            return queue.Dequeue();
        }
    }
}

using System.Diagnostics;
using AlexNetParallel.Model.Tensors;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Sharing;

/// <summary>
/// One worker's end of a <see cref="SharedFeed"/>: takes the batches in order where they lie, without a copy, and gives them back. One thread takes and releases; nothing is
/// allocated there. Waiting spins briefly, then sleeps on a futex.
/// </summary>
public sealed unsafe class FeedReader : IDisposable
{
    /// <summary>A feed that brings no batch for so long is taken to be stuck, unless <see cref="StallTimeout"/> says otherwise.</summary>
    public static readonly TimeSpan DefaultStallTimeout = TimeSpan.FromMinutes(5);

    private const int CheckMilliseconds = 100;
    private const int SpinMicroseconds = 20;

    private readonly FeedRegion region;
    private readonly ReaderLine* line;
    private readonly SafeFileHandle? producer;
    private readonly nint partOffset;
    private readonly Lock gate = new();
    private long taken, waitTicks;
    private bool disposed;

    internal FeedReader(FeedRegion region, int reader, TensorLayout? part)
    {
        this.region = region;
        try
        {
            var header = region.Header;
            if (reader < 0 || reader >= header->Readers) throw new FeedException($"there is no reader {reader} of this feed; it has {header->Readers}");
            partOffset = Offset(region.Layout, part);
            if (header->Producer != Environment.ProcessId)
                producer = Linux.Watch(header->Producer) ?? throw new FeedException($"the feed's process {header->Producer} has ended");
            line = region.Reader(reader);
            var other = Interlocked.CompareExchange(ref line->Process, Environment.ProcessId, 0);
            if (other != 0) throw new FeedException($"reader {reader} of this feed is taken, by process {other}");
        }
        catch
        {
            producer?.Dispose();
            region.Release();
            throw;
        }
    }

    /// <summary>Images to learn from.</summary>
    public int TrainImages => region.Header->TrainImages;

    /// <summary>Images to measure with.</summary>
    public int TestImages => region.Header->TestImages;

    /// <summary>Number of classes.</summary>
    public int Classes => region.Header->Classes;

    /// <summary>What the data set is, for logs.</summary>
    public string Description => region.Header->Description.Value;

    /// <summary>Batches in the ring: as many different addresses come in turn.</summary>
    public int Slots => region.Header->Slots;

    /// <summary>How long <see cref="TryTake"/> waits for a batch before it takes the feed to be stuck.</summary>
    public TimeSpan StallTimeout { get; init; } = DefaultStallTimeout;

    /// <summary>Time spent waiting for batches so far.</summary>
    public double WaitSeconds => waitTicks / (double)Stopwatch.Frequency;

    /// <summary>Opens a feed of another process on this host.</summary>
    /// <param name="address"><see cref="SharedFeed.Address"/>.</param>
    /// <param name="reader">Number of this reader, from 0; each once.</param>
    /// <param name="part">The blocks of the network's input that this worker holds; null for the whole batch.</param>
    /// <exception cref="FeedException">The feed has ended, the number is taken, or the layout is another.</exception>
    public static FeedReader Attach(string address, int reader, TensorLayout? part = null) => new(FeedRegion.Open(address), reader, part);

    /// <summary>Waits for the next batch. It stays until <see cref="Release"/>; several may be held at a time, as many as there are slots.</summary>
    /// <returns>False when all batches were taken.</returns>
    /// <exception cref="FeedException">The feed has ended before its time: it was aborted, a batch could not be made, its process or another reader's has ended, or it is stuck.</exception>
    public bool TryTake(out FeedBatch batch)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!Wait())
        {
            batch = default;
            return false;
        }
        batch = new FeedBatch(region.Slot(taken)->Tick, (nint)region.Images(taken) + partOffset, (nint)region.Labels(taken));
        taken++;
        return true;
    }

    /// <summary>Gives the oldest batch back that was taken and not yet released.</summary>
    public void Release()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var released = line->Released + 1;
        if (released > taken) throw new InvalidOperationException("no batch is held");
        Volatile.Write(ref line->Released, released);
        FeedRegion.Ring(&region.Header->ReleasedBell);
    }

    /// <summary>Ends the whole feed: every wait of producer and readers throws with this reason. May be called from any thread.</summary>
    public void Abort(string reason)
    {
        lock (gate)
        {
            if (!disposed) region.Fail(reason);
        }
    }

    /// <summary>Leaves the feed; the producer no longer waits for this reader.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            Volatile.Write(ref line->Released, ReaderLine.Left);
            FeedRegion.Ring(&region.Header->ReleasedBell);
            producer?.Dispose();
            region.Release();
        }
    }

    private bool IsReady(out bool more)
    {
        var state = region.State;   // before Produced: a finished feed makes no more
        if (state == FeedState.Failed) throw new FeedException(region.Header->Reason.Value);
        more = state != FeedState.Finished;
        return region.Produced > taken;
    }

    private bool Wait()
    {
        var began = Stopwatch.GetTimestamp();
        var lastCheck = began;
        try
        {
            while (true)
            {
                var seen = Volatile.Read(ref region.Header->ProducedBell);
                if (IsReady(out var more)) return true;
                if (!more) return false;
                if (Stopwatch.GetElapsedTime(began).TotalMicroseconds < SpinMicroseconds)
                {
                    Thread.SpinWait(20);
                    continue;
                }
                if (Stopwatch.GetElapsedTime(lastCheck).TotalMilliseconds >= CheckMilliseconds)
                {
                    Check(began);
                    lastCheck = Stopwatch.GetTimestamp();
                }
                Linux.Sleep(&region.Header->ProducedBell, seen, CheckMilliseconds);
            }
        }
        finally
        {
            waitTicks += Stopwatch.GetTimestamp() - began;
        }
    }

    private void Check(long began)
    {
        if (producer is not null && Linux.HasEnded(producer) && !IsReady(out var more) && more)
            throw new FeedException($"the feed's process {region.Header->Producer} has ended before all batches were made");
        if (Stopwatch.GetElapsedTime(began) > StallTimeout)
            throw new FeedException($"the feed has brought no batch for {StallTimeout.TotalSeconds:0} seconds: the disk that holds the pictures may have stopped answering");
    }

    private static nint Offset(TensorLayout whole, TensorLayout? part)
    {
        if (part is null) return 0;
        if (part.Channels.Channels != 3 || part.Height != whole.Height || part.Width != whole.Width || part.Border != whole.Border || part.Shared
            || part.Blocks.First < 0 || part.Blocks.End > whole.Blocks.End)
        {
            throw new FeedException($"this worker's input ({part}) is no run of blocks of the feed's ({whole})");
        }
        return (nint)(part.Blocks.First * whole.BlockSize * sizeof(float));
    }
}

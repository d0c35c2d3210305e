using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Sharing;

/// <summary>
/// Makes each batch once for all workers of a host, ahead of the step that needs it: a thread fills the slots of a ring in shared memory in the order of the ticks; each worker reads
/// all of them through a <see cref="FeedReader"/>, in this process or another; a slot is filled again when every reader has released it. The
/// memory has no name in any file system: it is gone when all processes that use it are, whatever ended them. Nobody waits for ever: the end of the producer, of a
/// reader's process, an error or <see cref="Abort"/> ends every wait with a <see cref="FeedException"/>.
/// </summary>
public sealed unsafe class SharedFeed : IDisposable
{
    /// <summary>Batches in the ring unless said otherwise: one in use, one ready, one in the making.</summary>
    public const int DefaultSlots = 3;

    private const int CheckMilliseconds = 100;

    private readonly IBatchSource source;
    private readonly TensorLayout layout;
    private readonly FeedRegion region;
    private readonly SafeFileHandle?[] readers;
    private readonly Lock gate = new();
    private Thread? producer;
    private bool disposed;

    /// <summary>Makes the ring. Batches come after <see cref="Start"/>.</summary>
    /// <param name="source">What fills the slots; not disposed of here.</param>
    /// <param name="layout">The network's input for the whole batch: 3 channels, all blocks, the border of the first layer.</param>
    /// <param name="batchSize">Images of a full batch.</param>
    /// <param name="readers">Workers that read, each every batch.</param>
    /// <param name="slots">Batches in the ring, at least 2 for work ahead.</param>
    /// <exception cref="FeedException">There is not enough memory.</exception>
    public SharedFeed(IBatchSource source, TensorLayout layout, int batchSize, int readers, int slots = DefaultSlots)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(readers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(readers, FeedRegion.ReaderLimit);
        if (layout.Blocks != new BlockRange(0, CaseBlock.Count(batchSize)) || layout.Channels.Channels != 3 || layout.Shared)
            throw new ArgumentException($"the feed's layout is the whole batch of {batchSize} images with 3 channels, not {layout}", nameof(layout));
        (this.source, this.layout) = (source, layout);
        this.readers = new SafeFileHandle?[readers];
        region = FeedRegion.Create(layout, batchSize, readers, slots);
        (region.Header->TrainImages, region.Header->TestImages, region.Header->Classes) = (source.Count(Split.Train), source.Count(Split.Test), source.Classes.Count);
        region.Header->Description.Value = source.Description;
    }

    /// <summary>What <see cref="FeedReader.Attach"/> takes in another process of this host.</summary>
    public string Address => region.Address;

    /// <summary>Begins to make batches.</summary>
    /// <param name="ticks">Which, in the order in which the readers take them.</param>
    public void Start(IEnumerable<Tick> ticks)
    {
        if (producer is not null) throw new InvalidOperationException("the feed was started before");
        producer = new Thread(() => Produce(ticks)) { IsBackground = true, Name = "feed" };
        producer.Start();
    }

    /// <summary>A reader in this process.</summary>
    /// <param name="reader">Its number, from 0; each once.</param>
    /// <param name="part">The blocks that it holds; null for the whole batch.</param>
    public FeedReader Reader(int reader, TensorLayout? part = null)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return new FeedReader(region.Share(), reader, part);
        }
    }

    /// <summary>Ends every wait, of producer and readers, now and later. May be called from any thread.</summary>
    public void Abort(string reason)
    {
        lock (gate)
        {
            if (!disposed) region.Fail(reason);
        }
    }

    /// <summary>Ends the feed. Readers of a feed that was not done get a <see cref="FeedException"/>; of one that was, they take what is left.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            region.Fail("the feed was closed");
        }
        producer?.Join();
        foreach (var reader in readers) reader?.Dispose();
        region.Release();
    }

    private void Produce(IEnumerable<Tick> ticks)
    {
        try
        {
            long batch = 0;
            foreach (var tick in ticks)
            {
                if (!WaitUntilFree(batch)) return;
                source.Fill(tick, layout, region.Images(batch), new Span<int>(region.Labels(batch), region.Header->BatchSize));
                region.Slot(batch)->Tick = tick;
                Volatile.Write(ref region.Header->Produced, ++batch);
                FeedRegion.Ring(&region.Header->ProducedBell);
            }
            Interlocked.CompareExchange(ref region.Header->State, (int)FeedState.Finished, (int)FeedState.Running);
            FeedRegion.Ring(&region.Header->ProducedBell);
        }
        catch (Exception e)
        {
            region.Fail(e is DataSetException or FeedException ? e.Message : $"a batch could not be made: {e}");
        }
    }

    /// <summary>Waits until all readers have released the batch that lies where this one is to go; false when the feed has ended.</summary>
    private bool WaitUntilFree(long batch)
    {
        var needed = batch - region.Header->Slots + 1;
        for (var lastCheck = Environment.TickCount64; ;)
        {
            var seen = Volatile.Read(ref region.Header->ReleasedBell);
            if (region.State != FeedState.Running) return false;
            if (AllReleased(needed)) return true;
            if (Environment.TickCount64 - lastCheck >= CheckMilliseconds)
            {
                CheckReaders();
                lastCheck = Environment.TickCount64;
            }
            Linux.Sleep(&region.Header->ReleasedBell, seen, CheckMilliseconds);
        }
    }

    private bool AllReleased(long needed)
    {
        for (var reader = 0; reader < readers.Length; reader++)
        {
            if (Volatile.Read(ref region.Reader(reader)->Released) < needed) return false;
        }
        return true;
    }

    /// <summary>A reader whose process has ended without saying so will never release.</summary>
    private void CheckReaders()
    {
        for (var reader = 0; reader < readers.Length; reader++)
        {
            var process = Volatile.Read(ref region.Reader(reader)->Process);
            if (process == 0 || process == Environment.ProcessId || Volatile.Read(ref region.Reader(reader)->Released) == ReaderLine.Left) continue;
            readers[reader] ??= Linux.Watch(process);
            if (readers[reader] is { } watch && !Linux.HasEnded(watch)) continue;
            throw new FeedException($"reader {reader} of the feed, process {process}, has ended without taking its batches");
        }
    }
}

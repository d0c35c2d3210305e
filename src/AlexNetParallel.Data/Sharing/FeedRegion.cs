using AlexNetParallel.Model.Tensors;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Sharing;

/// <summary>
/// A feed's shared memory as one process sees it: a page of header, a page of readers' lines, then the slots, each with its tick, its labels, and from a page's
/// beginning on its images in the network's layout. Counted: unmapped when the last user in the process has let go.
/// </summary>
internal sealed unsafe class FeedRegion
{
    /// <summary>Most workers of a host.</summary>
    public const int ReaderLimit = Page / 64;

    private const int Page = 4096, LabelsOffset = 128;
    private readonly SafeFileHandle file;
    private readonly nint address;
    private readonly long bytes;
    private readonly long imagesOffset, slotBytes;
    private int users = 1;

    private FeedRegion(SafeFileHandle file, long bytes, int batchSize, long imageBytes)
    {
        (this.file, this.bytes) = (file, bytes);
        (imagesOffset, slotBytes) = Sizes(batchSize, imageBytes);
        address = Linux.Map(file, bytes);
    }

    /// <summary>The first page.</summary>
    public FeedHeader* Header => (FeedHeader*)address;

    /// <summary>Where another process of the same user on this host opens the memory, as long as the producer lives.</summary>
    public string Address => $"/proc/{Environment.ProcessId}/fd/{file.DangerousGetHandle()}";

    /// <summary>The whole batch's input tensor.</summary>
    public TensorLayout Layout => new(new BlockRange(0, CaseBlock.Count(Header->BatchSize)), new ChannelSet(new ChannelRange(0, 3)), Header->Height, Header->Width, Header->Border);

    /// <summary>Makes the memory for a feed, zeroed.</summary>
    /// <exception cref="FeedException">There is not enough memory.</exception>
    public static FeedRegion Create(TensorLayout layout, int batchSize, int readers, int slots)
    {
        var imageBytes = layout.Size * sizeof(float);
        var bytes = 2 * Page + slots * Sizes(batchSize, imageBytes).Slot;
        try
        {
            var region = new FeedRegion(Linux.CreateMemory("alexnet-feed", bytes), bytes, batchSize, imageBytes);
            *region.Header = new FeedHeader
            {
                Slots = slots,
                Readers = readers,
                Producer = Environment.ProcessId,
                BatchSize = batchSize,
                Height = layout.Height,
                Width = layout.Width,
                Border = layout.Border,
                Magic = FeedHeader.ExpectedMagic,
            };
            return region;
        }
        catch (IOException e)
        {
            throw new FeedException($"the feed's {slots} slots cannot be made: {e.Message}; fewer slots or a smaller batch need less", e);
        }
    }

    /// <summary>Opens the memory that another process made.</summary>
    /// <exception cref="FeedException">It is not there any more, or no feed's.</exception>
    public static FeedRegion Open(string address)
    {
        try
        {
            var file = File.OpenHandle(address, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var length = RandomAccess.GetLength(file);
            FeedHeader header = default;
            if (length >= 2 * Page) RandomAccess.Read(file, new Span<byte>(&header, Page), 0);
            if (header.Magic == FeedHeader.ExpectedMagic && header is { Slots: > 0, BatchSize: > 0, Height: > 0, Width: > 0 })
            {
                var imageBytes = (length - 2 * Page) / header.Slots - Sizes(header.BatchSize, 0).Images;
                return new FeedRegion(file, length, header.BatchSize, imageBytes);
            }
            file.Dispose();
            throw new FeedException($"{address} is no feed of this version");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException($"the feed at {address} cannot be opened ({e.Message}): its process has ended, or runs in another container or as another user", e);
        }
    }

    /// <summary>One more user in this process.</summary>
    public FeedRegion Share()
    {
        Interlocked.Increment(ref users);
        return this;
    }

    /// <summary>One user fewer.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref users) != 0) return;
        Linux.Unmap(address, bytes);
        file.Dispose();
    }

    /// <summary>A reader's line.</summary>
    public ReaderLine* Reader(int reader) => (ReaderLine*)(address + Page) + reader;

    /// <summary>A slot's tick.</summary>
    public SlotHeader* Slot(long batch) => (SlotHeader*)(address + 2 * Page + (nint)(batch % Header->Slots * slotBytes));

    /// <summary>A slot's labels.</summary>
    public int* Labels(long batch) => (int*)((nint)Slot(batch) + LabelsOffset);

    /// <summary>A slot's images.</summary>
    public float* Images(long batch) => (float*)((nint)Slot(batch) + (nint)imagesOffset);

    /// <summary>Batches made so far.</summary>
    public long Produced => Volatile.Read(ref Header->Produced);

    /// <summary>State now.</summary>
    public FeedState State => (FeedState)Volatile.Read(ref Header->State);

    /// <summary>Ends the feed for all; the first reason stays.</summary>
    public void Fail(string reason)
    {
        if (Interlocked.CompareExchange(ref Header->State, (int)FeedState.Failing, (int)FeedState.Running) != (int)FeedState.Running) return;
        Header->Reason.Value = reason;
        Volatile.Write(ref Header->State, (int)FeedState.Failed);
        Ring(&Header->ProducedBell);
        Ring(&Header->ReleasedBell);
    }

    /// <summary>Wakes who sleeps on a bell.</summary>
    public static void Ring(int* bell)
    {
        Interlocked.Increment(ref *bell);
        Linux.Wake(bell);
    }

    private static (long Images, long Slot) Sizes(int batchSize, long imageBytes)
    {
        var images = Pages(LabelsOffset + (long)batchSize * sizeof(int));
        return (images, images + Pages(imageBytes));
    }

    private static long Pages(long bytes) => (bytes + Page - 1) / Page * Page;
}

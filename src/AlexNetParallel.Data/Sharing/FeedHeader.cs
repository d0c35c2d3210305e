using System.Runtime.InteropServices;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Sharing;

/// <summary>How far a feed has come.</summary>
internal enum FeedState
{
    /// <summary>Batches are made.</summary>
    Running,
    /// <summary>All batches were made.</summary>
    Finished,
    /// <summary>Somebody is writing down why it failed.</summary>
    Failing,
    /// <summary>It failed; the reason is there.</summary>
    Failed,
}

/// <summary>The first page of a feed's memory: what it holds, how far it has come, and the two words that readers and producer sleep on.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4096)]
internal unsafe struct FeedHeader
{
    /// <summary>"ALXFEED1", little-endian.</summary>
    public const ulong ExpectedMagic = 0x31444545_46584C41;

    /// <summary>Longest text, bytes.</summary>
    public const int TextLimit = 1020;

    [FieldOffset(0)] public ulong Magic;
    [FieldOffset(8)] public int Slots;
    [FieldOffset(12)] public int Readers;
    [FieldOffset(16)] public int Producer;
    [FieldOffset(20)] public int BatchSize;
    [FieldOffset(24)] public int Height;
    [FieldOffset(28)] public int Width;
    [FieldOffset(32)] public Border Border;
    [FieldOffset(48)] public int TrainImages;
    [FieldOffset(52)] public int TestImages;
    [FieldOffset(56)] public int Classes;
    // What changes has a line of its own by who changes it.
    [FieldOffset(128)] public long Produced;
    [FieldOffset(136)] public int ProducedBell;
    [FieldOffset(192)] public int ReleasedBell;
    [FieldOffset(256)] public int State;
    [FieldOffset(1024)] public FeedText Reason;
    [FieldOffset(2048)] public FeedText Description;
}

/// <summary>A short text in shared memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FeedText
{
    private int length;
    private fixed byte bytes[FeedHeader.TextLimit];

    /// <summary>The text; what is too long is cut.</summary>
    public string Value
    {
        get
        {
            fixed (byte* from = bytes) return System.Text.Encoding.UTF8.GetString(from, Math.Clamp(length, 0, FeedHeader.TextLimit));
        }
        set
        {
            var text = System.Text.Encoding.UTF8.GetBytes(value);
            length = Math.Min(text.Length, FeedHeader.TextLimit);
            fixed (byte* to = bytes) text.AsSpan(0, length).CopyTo(new Span<byte>(to, length));
        }
    }
}

/// <summary>One reader's line in a feed's memory.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct ReaderLine
{
    /// <summary>Released by a reader that needs no more batches.</summary>
    public const long Left = long.MaxValue;

    /// <summary>Batches that the reader has given back.</summary>
    [FieldOffset(0)] public long Released;

    /// <summary>Its process; 0 while nobody has attached.</summary>
    [FieldOffset(8)] public int Process;
}

/// <summary>What stands before a slot's labels.</summary>
internal struct SlotHeader
{
    /// <summary>The batch in the slot.</summary>
    public Tick Tick;
}

using System.Runtime.InteropServices;
using System.Text;
using AlexNetParallel.Exchange.Waiting;

namespace AlexNetParallel.Exchange.Direct;

/// <summary>What a worker's peers see of it: its bell, and whether it has left. Lies in zeroed memory that all of them see; one page.</summary>
[StructLayout(LayoutKind.Explicit, Size = PageBytes)]
internal unsafe struct Endpoint
{
    /// <summary>Bytes that it takes.</summary>
    public const int PageBytes = 4096;

    private const int ReasonCapacity = 1024;

    /// <summary>Proves that the page belongs to the worker whose address was told.</summary>
    [FieldOffset(0)] public Guid Token;

    /// <summary>Rung when a slab of this worker has arrived or has left, or a peer is gone.</summary>
    [FieldOffset(128)] public Bell Bell;

    [FieldOffset(256)] private int gone;
    [FieldOffset(260)] private int reasonLength;
    [FieldOffset(264)] private fixed byte reason[ReasonCapacity];

    /// <summary>Tells the peers that this worker takes no further part, and why (empty: it ended as it should).</summary>
    public static void Leave(Endpoint* page, string why)
    {
        if (page->gone != 0) return;
        var bytes = Encoding.UTF8.GetBytes(why);
        page->reasonLength = Math.Min(bytes.Length, ReasonCapacity);
        bytes.AsSpan(0, page->reasonLength).CopyTo(new Span<byte>(page->reason, ReasonCapacity));
        Volatile.Write(ref page->gone, 1);
    }

    /// <summary>True once the worker has left.</summary>
    public static bool IsGone(Endpoint* page) => Volatile.Read(ref page->gone) != 0;

    /// <summary>Why it left; empty if it ended as it should.</summary>
    public static string Reason(Endpoint* page) =>
        Encoding.UTF8.GetString(page->reason, Math.Clamp(page->reasonLength, 0, ReasonCapacity));
}

using System.Runtime.InteropServices;
using System.Text;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>What a worker knows of one peer: where it is in the MPI job, the slabs that both share, and what it has said.</summary>
internal sealed unsafe class MpiPeer : IDisposable
{
    /// <summary>Longest word about the link itself, in bytes.</summary>
    public const int LongestWord = 1024;

    private readonly byte* outgoing = (byte*)NativeMemory.Alloc(2 * LongestWord);
    private readonly TaskCompletionSource greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string digest;
    private volatile string? whyGone;
    private string? farewell;

    /// <param name="rank">The peer.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="own">This worker's slabs.</param>
    /// <param name="routes">The same by number.</param>
    /// <param name="tagLimit">MPI's highest tag.</param>
    public MpiPeer(int rank, int address, SlabTable own, SlabRoute?[] routes, int tagLimit)
    {
        (Rank, Address) = (rank, address);
        // The plan's order: the same at the peer.
        Shared = [.. own.Own.Where(s => own.Peer(s) == rank).Select(s => routes[s.Id]!)];
        Tags = new MpiTags(Shared.Length, tagLimit);
        digest = own.Digest(rank);
    }

    /// <summary>The peer.</summary>
    public int Rank { get; }

    /// <summary>Its rank in MPI_COMM_WORLD.</summary>
    public int Address { get; }

    /// <summary>The slabs that both share.</summary>
    public SlabRoute[] Shared { get; }

    /// <summary>The tags of the messages between the two.</summary>
    public MpiTags Tags { get; }

    /// <summary>Done when the peer has said that it is there, with the same plan.</summary>
    /// <exception cref="ExchangeException">It has another plan, or went away.</exception>
    public Task Greeted => greeted.Task;

    /// <summary>Why the peer takes no further part; null if it does.</summary>
    public string? WhyGone => whyGone;

    /// <summary>This worker has said its last word to it.</summary>
    public bool IsToldFarewell { get; private set; }

    /// <summary>Nothing more will come from the peer than what MPI is busy with.</summary>
    public bool HasSaidFarewell => farewell is not null;

    /// <summary>The peer takes no further part.</summary>
    public bool HasLeft => whyGone is not null;

    /// <summary>Messages between the two that MPI is busy with.</summary>
    public int UnderWay { get; set; }

    /// <summary>It has said its last word, and all that it sent before has arrived: it has left from now on.</summary>
    /// <returns>True the first time.</returns>
    public bool TakeLeave()
    {
        if (farewell is null || HasLeft || (farewell.Length == 0 && UnderWay > 0)) return false;
        End(ExchangeFailure.Left(Rank, farewell));
        return true;
    }

    /// <summary>The first word: what the two workers must agree on. Valid as long as this is.</summary>
    public ReadOnlySpan<byte> Greeting() => Write(outgoing, digest);

    /// <summary>The last word.</summary>
    /// <param name="reason">Why this worker leaves; empty if all is well.</param>
    public ReadOnlySpan<byte> Farewell(string reason)
    {
        IsToldFarewell = true;
        return Write(outgoing + LongestWord, reason);
    }

    /// <summary>The peer has said a word about the link.</summary>
    public void Hear(ReadOnlySpan<byte> word)
    {
        var text = Encoding.UTF8.GetString(word);
        if (Greeted.IsCompleted)
        {
            farewell = text;
        }
        else if (text == digest)
        {
            greeted.TrySetResult();
        }
        // A peer that left before it linked up gives a reason in the place of the greeting.
        else if (text.Length == digest.Length && text.All(char.IsAsciiHexDigitLower))
        {
            throw new InvalidDataException("the two workers do not have the same plan: start all workers with the same version and recipe");
        }
        else
        {
            farewell = text;
        }
    }

    /// <summary>The peer takes no further part.</summary>
    public void End(string why)
    {
        whyGone ??= why;
        greeted.TrySetException(new ExchangeException($"{whyGone}, before it had linked up"));
        _ = greeted.Task.Exception; // seen, if nobody waits for it
    }

    /// <summary>Only when MPI does not use the words any more.</summary>
    public void Dispose() => NativeMemory.Free(outgoing);

    private static ReadOnlySpan<byte> Write(byte* place, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var count = Math.Min(bytes.Length, LongestWord);
        bytes.AsSpan(0, count).CopyTo(new Span<byte>(place, LongestWord));
        return new ReadOnlySpan<byte>(place, count);
    }
}

using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange;

/// <summary>The words of <see cref="ExchangeException"/>: which peer, which slab, which tick, and why.</summary>
internal static class ExchangeFailure
{
    /// <summary>This worker's job was aborted.</summary>
    public static ExchangeException Aborted(int rank, Slab slab, long tick, string reason) =>
        new($"worker {rank} was told to stop ({reason}), at {Where(slab, tick)}");

    /// <summary>A peer has said that it takes no further part.</summary>
    public static ExchangeException Left(int peer, Slab slab, long tick, string reason) =>
        new($"worker {peer} has left ({(reason.Length == 0 ? "it ended its work" : reason)}), at {Where(slab, tick)}");

    /// <summary>A peer's process has ended without a word.</summary>
    public static ExchangeException Ended(int peer, Slab slab, long tick) =>
        new($"worker {peer} is gone: its process has ended, at {Where(slab, tick)}");

    /// <summary>The connection to a peer broke.</summary>
    public static ExchangeException Broken(int peer, Slab slab, long tick, string reason, Exception? inner) =>
        new($"the connection to worker {peer} broke ({reason}), at {Where(slab, tick)}", inner);

    private static string Where(Slab slab, long tick) =>
        $"slab {slab.Id} of exchange {slab.Exchange} (worker {slab.From} to worker {slab.To}), tick {tick}";
}

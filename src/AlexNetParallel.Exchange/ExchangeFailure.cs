namespace AlexNetParallel.Exchange;

/// <summary>The words for a peer that takes no further part.</summary>
internal static class ExchangeFailure
{
    /// <summary>It has said so.</summary>
    /// <param name="peer">Its rank.</param>
    /// <param name="reason">What it said; empty if it ended as it should.</param>
    public static string Left(int peer, string reason) => $"worker {peer} has left ({(reason.Length == 0 ? "it ended its work" : reason)})";

    /// <summary>Its process has ended without a word.</summary>
    public static string Ended(int peer) => $"worker {peer} is gone: its process has ended";

    /// <summary>The connection broke without a word.</summary>
    public static string Broken(int peer, string reason) => $"the connection to worker {peer} broke ({reason})";
}

using AlexNetParallel.Exchange.Peer;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>The peer transport between threads of this process; <see cref="ProcessTests"/> has it between processes.</summary>
public sealed class PeerTests : TransportContract
{
    protected override IReadOnlyList<ITransport> Create(int workers) =>
        [.. Enumerable.Range(0, workers).Select(rank => new PeerTransport(rank, workers))];
}

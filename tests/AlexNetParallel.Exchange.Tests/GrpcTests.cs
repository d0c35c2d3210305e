using AlexNetParallel.Exchange.Grpc;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>The gRPC transport between threads of this process; <see cref="ProcessTests"/> has it between processes.</summary>
public sealed class GrpcTests : TransportContract
{
    protected override IReadOnlyList<ITransport> Create(int workers) =>
        [.. Enumerable.Range(0, workers).Select(rank => new GrpcTransport(rank, workers))];
}

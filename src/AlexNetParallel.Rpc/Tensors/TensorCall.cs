using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>What a server knows of a stream besides its messages.</summary>
/// <param name="requestHeaders">What the client sent ahead.</param>
/// <param name="cancellation">See <see cref="CancellationToken"/>.</param>
public sealed class TensorCall(Metadata requestHeaders, CancellationToken cancellation)
{
    /// <summary>What the client sent ahead.</summary>
    public Metadata RequestHeaders { get; } = requestHeaders;

    /// <summary>Cancelled when the client cancels or goes away, and at its deadline.</summary>
    public CancellationToken CancellationToken { get; } = cancellation;
}

using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>The bytes of one message, while they are read on the transport. Cannot be read past the message's end.</summary>
/// <param name="body">Where from.</param>
/// <param name="fail">Makes of a transport's exception what the call's user gets; null to leave it.</param>
internal sealed class MessageBody(BodyReader body, Func<Exception, Exception>? fail) : IPayloadSource
{
    /// <summary>Bytes of the message that were not read yet.</summary>
    public int Left { get; private set; }

    /// <summary>A message begins.</summary>
    public void Begin(int bytes) => Left = bytes;

    /// <summary>Waits for the next bytes of the message and shows them.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Left);
        return await body.EnsureAsync(count).ConfigureAwait(false) ? body.Buffered[..count] : throw Cut();
    }

    /// <summary>Marks bytes that were shown as read.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Left);
        body.Advance(count);
        Left -= count;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadExactlyAsync(Memory<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Left);
        try
        {
            if (!await body.ReadExactlyAsync(destination).ConfigureAwait(false)) throw Cut();
            Left -= destination.Length;
        }
        catch (Exception e) when (fail is not null)
        {
            throw fail(e);
        }
    }

    /// <summary>Drops what is left of the message.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SkipAsync()
    {
        if (!await body.SkipAsync(Left).ConfigureAwait(false)) throw Cut();
        Left = 0;
    }

    private static Exception Cut() => BodyReader.Cut("a message");
}

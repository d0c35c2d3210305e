using System.Buffers;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>Where the messages of one direction of a call are written: a buffer.</summary>
internal abstract class BodyWriter : IBufferWriter<byte>
{
    /// <inheritdoc/>
    public abstract void Advance(int count);

    /// <inheritdoc/>
    public abstract Memory<byte> GetMemory(int sizeHint = 0);

    /// <inheritdoc/>
    public abstract Span<byte> GetSpan(int sizeHint = 0);

    /// <summary>Hands on what is buffered and sees to it that it leaves now.</summary>
    public abstract ValueTask FlushAsync();
}

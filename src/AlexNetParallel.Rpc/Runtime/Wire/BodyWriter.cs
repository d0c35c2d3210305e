using System.Buffers;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>Where the messages of one direction of a call are written: a buffer for small parts, a direct way for large ones.</summary>
internal abstract class BodyWriter : IBufferWriter<byte>
{
    /// <inheritdoc/>
    public abstract void Advance(int count);

    /// <inheritdoc/>
    public abstract Memory<byte> GetMemory(int sizeHint = 0);

    /// <inheritdoc/>
    public abstract Span<byte> GetSpan(int sizeHint = 0);

    /// <summary>Bytes that are buffered and not handed on.</summary>
    public abstract long Buffered { get; }

    /// <summary>Hands on what is buffered, and waits while the receiver's window is closed.</summary>
    public abstract ValueTask PushAsync();

    /// <summary>Hands on what is buffered and then these bytes, without a copy where the transport can do so.</summary>
    public abstract ValueTask WriteThroughAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Hands on what is buffered and sees to it that it leaves now.</summary>
    public abstract ValueTask FlushAsync();
}

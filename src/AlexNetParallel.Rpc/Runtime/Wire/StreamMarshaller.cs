using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>
/// A marshaller that reads and writes its messages on the transport itself: a large message is never held as one piece of managed memory, and
/// a message object can be used for the whole life of a stream. The call's receive limit does not apply, since the marshaller takes no memory
/// by the sender's word; its own <see cref="MaxReceiveBytes"/> does.
/// </summary>
internal abstract class StreamMarshaller<T>(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    : Marshaller<T>(serializer, deserializer) where T : class
{
    /// <summary>Longest message that is taken, in bytes.</summary>
    public abstract long MaxReceiveBytes { get; }

    /// <summary>Size of the message on the wire, without the five bytes of its frame.</summary>
    public abstract long SizeOf(T message);

    /// <summary>Writes exactly <see cref="SizeOf"/> bytes.</summary>
    public abstract ValueTask WriteAsync(T message, BodyWriter writer);

    /// <summary>Reads a message as far as its marshaller wants to; what is left may be read through <paramref name="body"/> until the next message is asked for.</summary>
    /// <param name="body">The message's bytes.</param>
    /// <param name="previous">The message that was read before on this stream, to be used again; null for the first.</param>
    public abstract ValueTask<T> ReadAsync(MessageBody body, T? previous);
}

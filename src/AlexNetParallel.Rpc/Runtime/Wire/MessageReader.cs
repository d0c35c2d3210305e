using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>Reads the messages of one direction of a call.</summary>
/// <param name="body">Where from.</param>
/// <param name="marshaller">How.</param>
/// <param name="maxBytes">Receive limit; null for none.</param>
/// <param name="encoding">The sender's grpc-encoding header; null where there was none.</param>
/// <param name="unknownEncoding">The status for an encoding that is not built in: UNIMPLEMENTED on a server, INTERNAL on a client.</param>
internal sealed class MessageReader<T>(BodyReader body, Marshaller<T> marshaller, int? maxBytes, string? encoding, StatusCode unknownEncoding) where T : class
{
    /// <summary>A message that fits is read in the reader's own buffer, a longer one in an array from the pool.</summary>
    private const int InPlaceBytes = 16 * 1024;

    /// <summary>The next message, or null at the end of the body.</summary>
    /// <exception cref="RpcException">The body breaks the protocol or a limit.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync()
    {
        if (!await body.EnsureAsync(5).ConfigureAwait(false))
        {
            return body.Buffered.IsEmpty ? null : throw BodyReader.Cut("the head of a message");
        }

        var length = ParseHead();
        if (length <= InPlaceBytes)
        {
            if (!await body.EnsureAsync(length).ConfigureAwait(false)) throw BodyReader.Cut("a message");
            var message = Parse(body.Buffered[..length]);
            body.Advance(length);
            return message;
        }

        var array = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            if (!await body.ReadExactlyAsync(array.AsMemory(0, length)).ConfigureAwait(false)) throw BodyReader.Cut("a message");
            return Parse(array.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private int ParseHead()
    {
        var head = body.Buffered.Span;
        var flag = head[0];
        var length = BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
        if (flag == 1) throw Compressed();
        if (flag != 0) throw new RpcException(new Status(StatusCode.Internal, $"A message begins with flag {flag}; expected 0 (plain) or 1 (compressed)."));
        var limit = Math.Min(maxBytes ?? int.MaxValue, Array.MaxLength);
        if (length > limit)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"The message has {length} bytes; the receive limit is {limit}."));
        body.Advance(5);
        return (int)length;
    }

    private RpcException Compressed() => encoding is null or "identity"
        ? new(new Status(StatusCode.Internal, "A message is flagged as compressed, but the call's grpc-encoding names no compression."))
        : new(new Status(unknownEncoding, $"A message is compressed with '{encoding}'; supported: identity."));

    private T Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return marshaller.ContextualDeserializer(new Context(bytes));
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"A message of {bytes.Length} bytes cannot be parsed: {e.Message}", e));
        }
    }

    private sealed class Context(ReadOnlyMemory<byte> bytes) : DeserializationContext
    {
        public override int PayloadLength => bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(bytes);
    }
}

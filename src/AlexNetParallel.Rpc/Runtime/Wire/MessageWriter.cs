using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>
/// Writes messages with the five bytes that gRPC puts before each: a flag (0: not compressed) and the length, big-endian
/// (doc/PROTOCOL-HTTP2.md of grpc/grpc, "Length-Prefixed-Message").
/// </summary>
/// <param name="body">Where to.</param>
/// <param name="marshaller">How.</param>
/// <param name="maxBytes">Send limit; null for none.</param>
internal sealed class MessageWriter<T>(BodyWriter body, Marshaller<T> marshaller, int? maxBytes) where T : class
{
    private Context? _context;

    /// <summary>
    /// True from the head of a message until its last byte is in the body's buffer. When a write fails while it is true, the stream of messages
    /// cannot be continued and must be reset.
    /// </summary>
    public bool InMessage { get; private set; }

    /// <summary>Writes one message and sends it off.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: longer than the send limit; nothing was written.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(T message)
    {
        var context = _context ??= new Context(this);
        context.Begin();
        marshaller.ContextualSerializer(message, context);
        context.End();
        InMessage = false;
        await body.FlushAsync().ConfigureAwait(false);
    }

    private void WriteHead(long length)
    {
        if (length > (maxBytes ?? int.MaxValue))
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"The message to send has {length} bytes; the send limit is {maxBytes ?? int.MaxValue}."));
        var head = body.GetSpan(5);
        head[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)length);
        InMessage = true;
        body.Advance(5);
    }

    /// <summary>Lets a marshaller write into the body, and holds it to the length that it told.</summary>
    private sealed class Context(MessageWriter<T> owner) : SerializationContext, IBufferWriter<byte>
    {
        private long _left;
        private bool _sized;
        private bool _complete;

        public void Begin()
        {
            _left = 0;
            _sized = _complete = false;
        }

        public void End()
        {
            if (!_complete) throw new InvalidOperationException("The marshaller did not call Complete.");
            if (_left != 0) throw new InvalidOperationException($"The marshaller wrote {_left} bytes less than it told.");
        }

        public override void SetPayloadLength(int payloadLength)
        {
            if (_sized) throw new InvalidOperationException("The marshaller told the length twice.");
            ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
            owner.WriteHead(payloadLength);
            _left = payloadLength;
            _sized = true;
        }

        public override IBufferWriter<byte> GetBufferWriter() =>
            _sized ? this : throw new InvalidOperationException("The marshaller must call SetPayloadLength before it asks for the buffer.");

        public override void Complete()
        {
            if (!_sized) SetPayloadLength(0);
            _complete = true;
        }

        public override void Complete(byte[] payload)
        {
            ArgumentNullException.ThrowIfNull(payload);
            SetPayloadLength(payload.Length);
            this.Write(payload);
            _complete = true;
        }

        public void Advance(int count)
        {
            if (count > _left) throw new InvalidOperationException("The marshaller wrote more bytes than it told.");
            _left -= count;
            owner.Body.Advance(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => owner.Body.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => owner.Body.GetSpan(sizeHint);
    }

    private BodyWriter Body => body;
}

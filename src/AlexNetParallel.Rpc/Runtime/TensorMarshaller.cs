using System.Buffers;
using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc.Runtime;

/// <summary>Moves the payloads of tensor messages between native memory and the transport's buffers.</summary>
internal sealed class TensorMarshaller() : StreamMarshaller<TensorFrame>(
    (_, _) => throw new NotSupportedException("Tensor messages are written to the transport only."),
    _ => throw new NotSupportedException("Tensor messages are read from the transport only."))
{
    /// <summary>A row of at least this size goes to the transport as it lies; shorter ones are gathered, since each write costs a frame.</summary>
    private const int DirectBytes = 16 * 1024;

    /// <summary>Gathered rows are handed on at this size.</summary>
    private const int GatherBytes = 64 * 1024;

    /// <inheritdoc/>
    public override long MaxReceiveBytes => int.MaxValue;

    /// <inheritdoc/>
    public override long SizeOf(TensorFrame message) => TensorCodec.HeadBytes(message) + message.Source.Bytes;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(TensorFrame message, BodyWriter writer)
    {
        writer.Advance(TensorCodec.WriteHead(message, writer.GetSpan(TensorCodec.HeadBytes(message))));
        var box = message.Source.Joined();
        for (var plane = 0; plane < box.Planes; plane++)
        {
            for (var row = 0; row < box.Rows; row++)
            {
                var bytes = message.Window.Show(box.Row(plane, row), box.RowBytes);
                if (bytes.Length >= DirectBytes)
                {
                    await writer.WriteThroughAsync(bytes).ConfigureAwait(false);
                    continue;
                }

                if (writer.Buffered + bytes.Length > GatherBytes) await writer.PushAsync().ConfigureAwait(false);
                writer.Write(bytes.Span);
            }
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<TensorFrame> ReadAsync(MessageBody body, TensorFrame? previous)
    {
        var frame = previous ?? new TensorFrame();
        var messageBytes = body.Left;
        var head = await body.PeekAsync(Math.Min(messageBytes, TensorCodec.LongestHead)).ConfigureAwait(false);
        body.Advance(TensorCodec.ReadHead(frame, head.Span, messageBytes));
        frame.Payload = body;
        return frame;
    }
}

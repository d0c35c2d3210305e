using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>Writes a response into Kestrel's own buffers.</summary>
internal sealed class ResponseBodyWriter(PipeWriter pipe, CancellationToken cancellation) : BodyWriter
{
    /// <summary>A long piece is given to Kestrel in parts, so that it need not hold all of it at once.</summary>
    private const int PartBytes = 256 * 1024;

    private long _buffered;

    /// <inheritdoc/>
    public override long Buffered => _buffered;

    /// <inheritdoc/>
    public override void Advance(int count)
    {
        pipe.Advance(count);
        _buffered += count;
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => pipe.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override ValueTask PushAsync() => FlushAsync();

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(PartBytes, bytes.Length)];
            ThrowIfGone(await pipe.WriteAsync(part, cancellation).ConfigureAwait(false));
            _buffered = 0;
            bytes = bytes[part.Length..];
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask FlushAsync()
    {
        ThrowIfGone(await pipe.FlushAsync(cancellation).ConfigureAwait(false));
        _buffered = 0;
    }

    private static void ThrowIfGone(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled) throw new OperationCanceledException("The client has gone.");
    }
}

using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>Writes a response into Kestrel's own buffers.</summary>
internal sealed class ResponseBodyWriter(PipeWriter pipe, CancellationToken cancellation) : BodyWriter
{
    /// <inheritdoc/>
    public override void Advance(int count) => pipe.Advance(count);

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => pipe.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask FlushAsync() => ThrowIfGone(await pipe.FlushAsync(cancellation).ConfigureAwait(false));

    private static void ThrowIfGone(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled) throw new OperationCanceledException("The client has gone.");
    }
}

using System.Net;
using System.Net.Http.Headers;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>
/// The body of a request, written while the response is being read. A unary call's body is written by the HTTP client's own pull; a stream's
/// body stays open until the caller completes it.
/// </summary>
internal sealed class RequestContent : HttpContent
{
    private readonly Func<Stream, Task>? _writeAll;
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="writeAll">Writes the whole body; null when the caller writes to <see cref="Opened"/>.</param>
    public RequestContent(Func<Stream, Task>? writeAll)
    {
        _writeAll = writeAll;
        Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        _ = _opened.Task.ContinueWith(static t => _ = t.Exception, TaskContinuationOptions.OnlyOnFaulted);
        _ = _done.Task.ContinueWith(static t => _ = t.Exception, TaskContinuationOptions.OnlyOnFaulted);
    }

    /// <summary>The body's stream, once the request's headers are on their way.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends the body well: END_STREAM.</summary>
    public void Complete() => _done.TrySetResult();

    /// <summary>Ends the body badly: RST_STREAM. Without effect after <see cref="Complete"/>.</summary>
    public void Abort()
    {
        var reason = new OperationCanceledException("The call has ended.");
        _done.TrySetException(reason);
        _opened.TrySetException(reason);
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_writeAll is not null)
        {
            await _writeAll(stream).ConfigureAwait(false);
            return;
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false); // the headers leave now, not with the first message
        _opened.TrySetResult(stream);
        await _done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

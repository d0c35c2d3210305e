using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStream<T>(ClientCall call, RequestContent content, Marshaller<T> marshaller, int? maxBytes)
    : IClientStreamWriter<T> where T : class
{
    /// <summary>How long a failed write waits for the server's own word on why the call ended.</summary>
    private static readonly TimeSpan StatusPatience = TimeSpan.FromMilliseconds(200);

    private MessageWriter<T>? _writer;
    private int _busy;
    private bool _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken) => WriteValueAsync(message, cancellationToken).AsTask();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteValueAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _busy, 1) == 1) throw new InvalidOperationException("A write is under way on this stream; await it before the next one.");
        var registration = cancellationToken.UnsafeRegister(static c => ((ClientCall)c!).Cancel(), call);
        try
        {
            if (_completed) throw new InvalidOperationException("The request stream is complete; nothing more can be written.");
            if (call.Ended) throw call.Exception();
            _writer ??= new MessageWriter<T>(new RequestBodyWriter(await content.Opened.ConfigureAwait(false)), marshaller, maxBytes);
            await _writer.WriteAsync(message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not InvalidOperationException || _writer is { InMessage: true })
        {
            throw await FailAsync(e).ConfigureAwait(false);
        }
        finally
        {
            registration.Dispose();
            Volatile.Write(ref _busy, 0);
        }
    }

    public Task CompleteAsync()
    {
        if (Volatile.Read(ref _busy) == 1) throw new InvalidOperationException("A write is under way on this stream; await it before completing the stream.");
        _completed = true;
        content.Complete();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Finds the exception for a write that failed. Where it is the transport that failed, the server's status, if there is one, says more: it
    /// may be just behind, being read on another thread. The call is left to that reader.
    /// </summary>
    private async Task<Exception> FailAsync(Exception exception)
    {
        if (call.Ended) return call.Exception();
        if (exception is RpcException rpc && _writer is not { InMessage: true }) return rpc; // over the send limit: nothing was written
        var ofTransport = exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;
        if (!ofTransport) return call.Fail(exception); // a marshaller broke off inside a message: the stream cannot go on
        await Task.WhenAny(call.Completion, Task.Delay(StatusPatience)).ConfigureAwait(false);
        if (call.Ended) return call.Exception();
        return call.Response.IsCompletedSuccessfully
            ? new RpcException(new Status(StatusCode.Cancelled, "The server takes no more requests on this call; the response stream tells why.", exception))
            : call.Fail(exception);
    }
}

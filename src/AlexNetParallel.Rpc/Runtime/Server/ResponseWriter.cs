using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>
/// The responses of a call, for its handler, and the end of the call. One gate keeps messages and trailers apart: a handler may write at the
/// very instant of its deadline, on another thread than the one that ends the call.
/// </summary>
internal sealed class ResponseWriter<T> : IServerStreamWriter<T> where T : class
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CallContext _context;
    private readonly MessageWriter<T> _messages;
    private volatile bool _ended;

    public ResponseWriter(CallContext context, Marshaller<T> marshaller, int? maxBytes)
    {
        _context = context;
        _messages = new MessageWriter<T>(new ResponseBodyWriter(context.Http.Response.BodyWriter, context.CancellationToken), marshaller, maxBytes);
        context.HeaderSender = SendHeadersAsync;
    }

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken) => WriteValueAsync(message, cancellationToken).AsTask();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteValueAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        Enter();
        var registration = cancellationToken.UnsafeRegister(static c => ((CallContext)c!).Reset(CallContext.Http2Cancel), _context);
        try
        {
            _context.CancellationToken.ThrowIfCancellationRequested();
            await _messages.WriteAsync(message).ConfigureAwait(false);
        }
        finally
        {
            registration.Dispose();
            _gate.Release();
        }
    }

    /// <summary>Waits for a write that is under way, lets no other begin, and sends the status. A message that is cut off makes it a reset.</summary>
    public async Task EndAsync(Status status, Metadata? trailers)
    {
        await _gate.WaitAsync().ConfigureAwait(false); // and never released
        _ended = true;
        if (_context.Http.RequestAborted.IsCancellationRequested) return;
        if (_messages.InMessage)
        {
            _context.Reset(status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded ? CallContext.Http2Cancel : CallContext.Http2InternalError);
            return;
        }

        await ResponseEnd.WriteAsync(_context.Http, status, trailers).ConfigureAwait(false);
    }

    private async Task SendHeadersAsync(Metadata headers)
    {
        Enter();
        try
        {
            var response = _context.Http.Response;
            if (response.HasStarted) throw new InvalidOperationException("The response headers were sent already.");
            foreach (var entry in headers) response.Headers.Append(entry.Key, MetadataHeaders.Value(entry));
            await response.BodyWriter.FlushAsync(_context.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Enter()
    {
        if (_ended) throw new InvalidOperationException("The call is over; nothing more can be sent.");
        if (_gate.Wait(0)) return;
        throw new InvalidOperationException(_ended
            ? "The call is over; nothing more can be sent."
            : "A write is under way on this stream; await it before the next one.");
    }
}

using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>The responses of a call. Reading them to their end is what ends a call well.</summary>
internal sealed class ResponseStream<T>(ClientCall call, Marshaller<T> marshaller, int? maxBytes) : IAsyncStreamReader<T> where T : class
{
    private HttpResponseMessage? _response;
    private BodyReader? _body;
    private MessageReader<T>? _reader;
    private T? _current;
    private int _busy;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext was not called, or did not return true.");

    public Task<bool> MoveNext(CancellationToken cancellationToken) => MoveNextValueAsync(cancellationToken).AsTask();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextValueAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _busy, 1) == 1) throw new InvalidOperationException("A read is under way on this stream; await it before the next one.");
        var registration = cancellationToken.UnsafeRegister(static c => ((ClientCall)c!).Cancel(), call);
        try
        {
            _current = null;
            if (call.Ended) return call.GetStatus().StatusCode == StatusCode.OK ? false : throw call.Exception();
            if (_reader is null) await OpenAsync().ConfigureAwait(false);
            _current = await _reader!.ReadAsync().ConfigureAwait(false);
            if (_current is not null) return true;
            return EndOfBody();
        }
        catch (Exception e)
        {
            if (!call.Ended && _response is not null && ClientCall.HasErrorTrailers(_response)) call.EndWithTrailers(_response);
            var failure = call.Fail(e);
            Free();
            throw failure;
        }
        finally
        {
            registration.Dispose();
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>Reads the single response of a unary or client-streaming call.</summary>
    public async Task<T> ReadSingleAsync()
    {
        if (!await MoveNextValueAsync(CancellationToken.None).ConfigureAwait(false))
            throw new RpcException(new Status(StatusCode.Internal, "The server ended the call with OK and no response message."));
        var response = Current;
        if (await MoveNextValueAsync(CancellationToken.None).ConfigureAwait(false))
            throw call.Fail(new RpcException(new Status(StatusCode.Internal, "The server sent a second response to a call that has one.")));
        return response;
    }

    private async Task OpenAsync()
    {
        _response = await call.Response.ConfigureAwait(false);
        var encoding = _response.Headers.NonValidated.TryGetValues("grpc-encoding", out var values) ? values.ToString() : null;
        _body = new BodyReader(await _response.Content.ReadAsStreamAsync(call.Aborted).ConfigureAwait(false), call.Aborted);
        _reader = new MessageReader<T>(_body, marshaller, maxBytes, encoding, StatusCode.Internal);
    }

    private bool EndOfBody()
    {
        var succeeded = call.EndWithTrailers(_response!);
        Free();
        return succeeded ? false : throw call.Exception();
    }

    /// <summary>Called by the reading side alone, so no read is under way that still fills the buffer.</summary>
    private void Free()
    {
        _body?.Dispose();
        _response?.Dispose();
    }
}

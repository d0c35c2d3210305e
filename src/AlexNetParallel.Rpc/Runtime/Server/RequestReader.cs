using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>The requests of a call, for its handler.</summary>
internal sealed class RequestReader<T>(MessageReader<T> messages, CallContext context) : IAsyncStreamReader<T> where T : class
{
    private T? _current;
    private int _busy;
    private bool _atEnd;
    private volatile bool _closed;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext was not called, or did not return true.");

    /// <summary>Lets no read begin from now on; false when one is under way.</summary>
    public bool Close()
    {
        _closed = true;
        return Interlocked.Exchange(ref _busy, 1) == 0;
    }

    public Task<bool> MoveNext(CancellationToken cancellationToken) => MoveNextValueAsync(cancellationToken).AsTask();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextValueAsync(CancellationToken cancellationToken)
    {
        if (_closed) throw new InvalidOperationException("The call is over; its requests can no longer be read.");
        if (Interlocked.Exchange(ref _busy, 1) == 1) throw new InvalidOperationException("A read is under way on this stream; await it before the next one.");
        var registration = cancellationToken.UnsafeRegister(static c => ((CallContext)c!).Reset(CallContext.Http2Cancel), context);
        try
        {
            _current = null;
            if (_atEnd) return false;
            _current = await messages.ReadAsync().ConfigureAwait(false);
            _atEnd = _current is null;
            return !_atEnd;
        }
        finally
        {
            registration.Dispose();
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>Reads the single request of a unary or server-streaming call.</summary>
    /// <exception cref="RpcException">INTERNAL: there is none, or more than one.</exception>
    public async Task<T> ReadSingleAsync()
    {
        if (!await MoveNextValueAsync(CancellationToken.None).ConfigureAwait(false))
            throw new RpcException(new Status(StatusCode.Internal, "The request has no message; expected one."));
        var request = Current;
        if (await MoveNextValueAsync(CancellationToken.None).ConfigureAwait(false))
            throw new RpcException(new Status(StatusCode.Internal, "The request has more than one message; expected one."));
        return request;
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Wire;

/// <summary>
/// Reads one direction of a call: small parts come out of a buffer, large ones go from the transport straight into the caller's memory.
/// One read at a time.
/// </summary>
/// <param name="source">The body of the HTTP/2 stream.</param>
/// <param name="cancellation">Ends every read.</param>
internal sealed class BodyReader(Stream source, CancellationToken cancellation) : IDisposable
{
    private const int BufferBytes = 32 * 1024;
    private const int DirectBytes = 8 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;

    /// <summary>What has arrived and was not read.</summary>
    public ReadOnlyMemory<byte> Buffered => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Marks bytes of <see cref="Buffered"/> as read.</summary>
    public void Advance(int count) => _start += count;

    /// <summary>Makes at least <paramref name="count"/> bytes lie in <see cref="Buffered"/>; false when the body ends before that.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> EnsureAsync(int count)
    {
        if (_end - _start >= count) return true;
        MakeRoom(count);
        while (_end - _start < count)
        {
            var got = await source.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (got == 0) return false;
            _end += got;
        }

        return true;
    }

    /// <summary>Fills the memory; false when the body ends before that.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadExactlyAsync(Memory<byte> destination)
    {
        while (true)
        {
            var have = Math.Min(destination.Length, _end - _start);
            if (have > 0)
            {
                _buffer.AsSpan(_start, have).CopyTo(destination.Span);
                _start += have;
                destination = destination[have..];
            }

            if (destination.IsEmpty) return true;

            // The buffer is empty now. Many small reads are cheaper through it, a large one is cheaper past it.
            if (destination.Length < DirectBytes)
            {
                if (!await EnsureAsync(1).ConfigureAwait(false)) return false;
            }
            else
            {
                var got = await source.ReadAsync(destination, cancellation).ConfigureAwait(false);
                if (got == 0) return false;
                destination = destination[got..];
            }
        }
    }

    /// <summary>INTERNAL: the body ended where it must not.</summary>
    public static RpcException Cut(string where) => new(new Status(StatusCode.Internal, $"The stream ended inside {where}."));

    /// <summary>Gives the buffer back. Only when no read is under way.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }

    private void MakeRoom(int count)
    {
        ObjectDisposedException.ThrowIf(_buffer.Length == 0, this);
        var held = _end - _start;
        if (_start + count <= _buffer.Length && held > 0) return;
        var target = count <= _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(count);
        Buffer.BlockCopy(_buffer, _start, target, 0, held);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        _start = 0;
        _end = held;
    }
}

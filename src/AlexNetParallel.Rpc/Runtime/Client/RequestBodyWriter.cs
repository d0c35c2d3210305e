using System.Buffers;
using System.Runtime.CompilerServices;
using AlexNetParallel.Rpc.Runtime.Wire;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>Gathers small writes in one buffer before the HTTP client, which makes at least one frame and one queue entry of each write.</summary>
internal sealed class RequestBodyWriter(Stream stream) : BodyWriter
{
    private const int SmallestBuffer = 4 * 1024;
    private const int LargestKept = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
    private int _count;

    /// <inheritdoc/>
    public override void Advance(int count) => _count += count;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_count);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask FlushAsync()
    {
        if (_count > 0)
        {
            await stream.WriteAsync(_buffer.AsMemory(0, _count)).ConfigureAwait(false);
            _count = 0;
            if (_buffer.Length > LargestKept)
            {
                // A long message passed; the next one need not be long.
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
            }
        }

        await stream.FlushAsync().ConfigureAwait(false);
    }

    private void Grow(int room)
    {
        if (_buffer.Length - _count >= room) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_count + room), (int)Math.Min(2L * _buffer.Length, Array.MaxLength)));
        Buffer.BlockCopy(_buffer, 0, larger, 0, _count);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>
/// A byte stream in memory that allocates nothing once it exists: what is written on one side is read on the other. Reads and writes complete on
/// another thread when they have to wait, as those of a socket do.
/// </summary>
internal sealed class LoopStream : Stream, IValueTaskSource<int>, IValueTaskSource
{
    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[64 * 1024];
    private ManualResetValueTaskSourceCore<int> _readDone = new() { RunContinuationsAsynchronously = true };
    private ManualResetValueTaskSourceCore<int> _writeDone = new() { RunContinuationsAsynchronously = true };
    private Memory<byte> _pendingRead;
    private ReadOnlyMemory<byte> _pendingWrite;
    private bool _reading;
    private bool _writing;
    private int _start;
    private int _count;
    private bool _ended;

    /// <summary>Reads that had to wait: shows that the test takes the way that it means to.</summary>
    public int Waits { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Move();
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_count == 0 && !_ended)
            {
                Waits++;
                _readDone.Reset();
                _pendingRead = buffer;
                _reading = true;
                return new ValueTask<int>(this, _readDone.Version);
            }

            var taken = Take(buffer.Span);
            Move();
            return new ValueTask<int>(taken);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _pendingWrite = buffer;
            _writing = true;
            _writeDone.Reset();
            var version = _writeDone.Version;
            Move();
            return new ValueTask(this, version);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _readDone.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _readDone.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _readDone.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _writeDone.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _writeDone.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _writeDone.OnCompleted(continuation, state, token, flags);

    /// <summary>Moves bytes on until a side has to wait.</summary>
    private void Move()
    {
        if (_writing)
        {
            while (!_pendingWrite.IsEmpty && _count < _ring.Length)
            {
                var at = (_start + _count) % _ring.Length;
                var bytes = Math.Min(Math.Min(_pendingWrite.Length, _ring.Length - _count), _ring.Length - at);
                _pendingWrite.Span[..bytes].CopyTo(_ring.AsSpan(at));
                _pendingWrite = _pendingWrite[bytes..];
                _count += bytes;
            }

            if (_pendingWrite.IsEmpty)
            {
                _writing = false;
                _writeDone.SetResult(0);
            }
        }

        if (!_reading || (_count == 0 && !_ended)) return;
        _reading = false;
        var taken = Take(_pendingRead.Span);
        _readDone.SetResult(taken);
        if (_writing) Move();
    }

    private int Take(Span<byte> to)
    {
        var bytes = Math.Min(Math.Min(to.Length, _count), _ring.Length - _start);
        _ring.AsSpan(_start, bytes).CopyTo(to);
        _start = (_start + bytes) % _ring.Length;
        _count -= bytes;
        return bytes;
    }
}

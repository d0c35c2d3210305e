using System.Buffers;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// Shows a piece of native memory as <see cref="Memory{T}"/>, one piece after another with one object. What was given out for a piece must no
/// longer be used when the window moves on.
/// </summary>
internal sealed unsafe class NativeWindow : MemoryManager<byte>
{
    private byte* _address;
    private int _bytes;

    /// <summary>Moves the window.</summary>
    public Memory<byte> Show(nint address, int bytes)
    {
        _address = (byte*)address;
        _bytes = bytes;
        return CreateMemory(bytes);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_address, _bytes);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_address + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}

using System.Runtime.InteropServices;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>Zeroed native memory.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private void* _memory;

    public NativeBlock(int bytes)
    {
        Bytes = bytes;
        _memory = NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        Span.Clear();
    }

    public int Bytes { get; }

    public nint Address => (nint)_memory;

    public Span<byte> Span => new(_memory, Bytes);

    public NativeRows All => NativeRows.Contiguous(Address, Bytes);

    /// <summary>Fills with bytes that follow from a seed.</summary>
    public NativeBlock Fill(int seed)
    {
        new Random(seed).NextBytes(Span);
        return this;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}

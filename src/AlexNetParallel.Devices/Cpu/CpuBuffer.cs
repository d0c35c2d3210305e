using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Floats in host memory. Large ones begin at a multiple of 2 MiB and ask for huge pages: a convolution's window touches hundreds of
/// rows far apart, and with 4 KiB pages the address translation alone would cost a third of the speed.
/// </summary>
public sealed unsafe partial class CpuBuffer : DeviceBuffer
{
    private const long HugePage = 2L << 20;
    private const int CacheLine = 64;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE, asm-generic/mman-common.h

    private readonly Action<long>? freed;
    private float* pointer;

    private CpuBuffer(float* pointer, long length, Action<long>? freed) : base(length)
    {
        this.pointer = pointer;
        this.freed = freed;
    }

    /// <summary>Frees memory that was not disposed.</summary>
    ~CpuBuffer() => Dispose(false);

    /// <inheritdoc/>
    public override nint Address => (nint)Pointer;

    internal float* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(pointer == null, this);
            return pointer;
        }
    }

    /// <summary>Zeroed memory.</summary>
    /// <param name="floats">Number of floats, at least 0.</param>
    /// <param name="freed">Called with the number of bytes when the memory is freed.</param>
    internal static CpuBuffer Allocate(long floats, Action<long>? freed = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        var bytes = (nuint)Math.Max(floats * sizeof(float), CacheLine);
        var large = bytes >= (nuint)HugePage;
        var memory = NativeMemory.AlignedAlloc(bytes, (nuint)(large ? HugePage : CacheLine));
        if (large && OperatingSystem.IsLinux()) _ = Advise(memory, bytes, AdviseHugePages); // only a hint: refusal changes nothing but speed
        NativeMemory.Clear(memory, bytes);
        return new CpuBuffer((float*)memory, floats, freed ?? (_ => { }));
    }

    /// <summary>Memory that somebody else owns.</summary>
    internal static CpuBuffer Wrap(nint address, long floats)
    {
        if (address == 0 || address % sizeof(float) != 0)
            throw new ArgumentException($"0x{address:x} is not the address of floats: it must be a multiple of 4 and not 0", nameof(address));
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        return new CpuBuffer((float*)address, floats, null);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<float> source, long offset = 0)
    {
        CheckRange(offset, source.Length);
        source.CopyTo(new Span<float>(Pointer + offset, source.Length));
    }

    /// <inheritdoc/>
    public override void Read(Span<float> destination, long offset = 0)
    {
        CheckRange(offset, destination.Length);
        new ReadOnlySpan<float>(Pointer + offset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (pointer == null) return;
        if (freed is not null)
        {
            NativeMemory.AlignedFree(pointer);
            freed(Length * sizeof(float));
        }
        pointer = null;
    }

    private void CheckRange(long offset, int count)
    {
        if (offset < 0 || offset + count > Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{count} floats from there do not lie in a buffer of {Length}");
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}

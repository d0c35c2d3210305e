using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>Floats in a CUDA device's memory. Writing and reading wait for everything that the device was asked for before.</summary>
public sealed unsafe class CudaBuffer : DeviceBuffer
{
    private readonly CudaDevice device;
    private nint address;

    private CudaBuffer(CudaDevice device, nint address, long length, long allocated) : base(length) => (this.device, this.address, AllocatedFloats) = (device, address, allocated);

    /// <summary>Floats that were allocated for it; 0 where somebody else owns the memory.</summary>
    internal long AllocatedFloats { get; }

    /// <inheritdoc/>
    public override nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(address == 0, this);
            return address;
        }
    }

    /// <summary>True where it lies in this device's memory, and was made by this object.</summary>
    internal bool IsOn(CudaDevice other) => device == other;

    /// <summary>Zeroed memory; 256-aligned.</summary>
    /// <param name="device">Where.</param>
    /// <param name="floats">Floats of the buffer.</param>
    /// <param name="allocated">Floats to allocate: as many, or more.</param>
    internal static CudaBuffer Allocate(CudaDevice device, long floats, long allocated)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        device.Context.MakeCurrent();
        // An empty buffer has an address too.
        var count = (nuint)Math.Max(allocated, 1);
        ThrowIfFailed(cuMemAlloc(out var address, count * sizeof(float)), device.Context.Ordinal);
        ThrowIfFailed(cuMemsetD32Async(address, 0, count, device.Compute.Handle), device.Context.Ordinal);
        return new CudaBuffer(device, address, floats, (long)count);
    }

    /// <summary>Memory that somebody else owns.</summary>
    internal static CudaBuffer Wrap(CudaDevice device, nint address, long floats)
    {
        if (address == 0 || address % sizeof(float) != 0)
            throw new ArgumentException($"0x{address:x} is not the address of floats: it must be a multiple of 4 and not 0", nameof(address));
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        return new CudaBuffer(device, address, floats, allocated: 0);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<float> source, long offset = 0)
    {
        CheckRange(offset, source.Length);
        if (source.IsEmpty) return;
        device.Synchronize();
        fixed (float* from = source)
            ThrowIfFailed(cuMemcpyHtoD(Address + (nint)(offset * sizeof(float)), from, (nuint)source.Length * sizeof(float)), device.Context.Ordinal);
    }

    /// <inheritdoc/>
    public override void Read(Span<float> destination, long offset = 0)
    {
        CheckRange(offset, destination.Length);
        if (destination.IsEmpty) return;
        device.Synchronize();
        fixed (float* to = destination)
            ThrowIfFailed(cuMemcpyDtoH(to, Address + (nint)(offset * sizeof(float)), (nuint)destination.Length * sizeof(float)), device.Context.Ordinal);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (address == 0) return;
        if (AllocatedFloats > 0 && disposing) device.Free(address, AllocatedFloats);
        address = 0;
    }

    private void CheckRange(long offset, int count)
    {
        if (offset < 0 || offset + count > Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{count} floats from there do not lie in a buffer of {Length}");
    }
}

using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>Host memory that a device copies from and to while the program goes on: page-locked, allocated by the driver.</summary>
internal sealed unsafe class PinnedMemory : IDisposable
{
    private readonly CudaContext context;
    private nint address;

    public PinnedMemory(CudaContext context, long bytes)
    {
        this.context = context;
        Bytes = bytes;
        context.MakeCurrent();
        ThrowIfFailed(cuMemAllocHost(out address, (nuint)bytes), context.Ordinal);
    }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>The first byte.</summary>
    public nint Address => address;

    /// <summary>The memory as values.</summary>
    public Span<T> As<T>(int count) where T : unmanaged => new((void*)address, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (address == 0) return;
        context.MakeCurrent();
        _ = cuMemFreeHost(address);
        address = 0;
    }
}

using AlexNetParallel.Devices.Cuda.Interop;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>What workers on one host share: memory of devices by IPC handles, and host memory that is pinned for a while.</summary>
public sealed unsafe partial class CudaDevice
{
    /// <summary>Devices whose memory this one reaches, by UUID: itself first.</summary>
    public IReadOnlyList<Guid> Reachable =>
    [
        Info.Uuid,
        .. Enumerable.Range(0, CudaDriver.DeviceCount).Where(d => d != Info.Ordinal && CudaDriver.CanAccessPeer(Info.Ordinal, d)).Select(d => CudaDriver.Describe(d).Uuid),
    ];

    /// <summary>
    /// Memory is shared with other processes in pieces of this size: a smaller buffer may have its piece in common with others, which a second handle
    /// would open again (CUDA C++ Programming Guide, "Interprocess Communication").
    /// </summary>
    private const long SharedPiece = 2 << 20;

    /// <summary>Zeroed memory for a buffer that other processes reach: whole pieces of 2 MiB.</summary>
    public DeviceBuffer AllocateShareable(long floats) => CountAllocated(CudaBuffer.Allocate(this, floats, ShareableBytes(floats) / sizeof(float)));

    /// <summary>Bytes that such a buffer takes.</summary>
    internal static long ShareableBytes(long floats) => Math.Max(1, Ceiling(floats * sizeof(float), SharedPiece)) * SharedPiece;

    /// <summary>What another process opens to reach a buffer that <see cref="AllocateShareable"/> gave.</summary>
    public string Export(DeviceBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        CheckOwn(buffer, nameof(buffer));
        Synchronize(); // its zeroing
        ThrowIfFailed(cuIpcGetMemHandle(out var handle, buffer.Address), Context.Ordinal);
        return Convert.ToBase64String(new ReadOnlySpan<byte>(handle.Bytes, IpcHandle.Size));
    }

    /// <summary>Address here of a buffer that another process exported.</summary>
    public nint OpenExported(string exported)
    {
        IpcHandle handle;
        if (!Convert.TryFromBase64String(exported, new Span<byte>(handle.Bytes, IpcHandle.Size), out var length) || length != IpcHandle.Size)
            throw new ArgumentException($"'{exported}' is not a CUDA IPC handle", nameof(exported));
        const uint LazyEnablePeerAccess = 1; // CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS
        Context.MakeCurrent();
        ThrowIfFailed(cuIpcOpenMemHandle(out var address, handle, LazyEnablePeerAccess), Context.Ordinal);
        return address;
    }

    /// <summary>Undoes <see cref="OpenExported"/>.</summary>
    public void CloseExported(nint address)
    {
        Context.MakeCurrent();
        _ = cuIpcCloseMemHandle(address); // the process that owned it may be gone
    }

    /// <summary>Pins host memory, so that copies go at full speed beside everything else. False where the system refuses: copies are then slower.</summary>
    public bool Pin(nint host, long bytes)
    {
        Context.MakeCurrent();
        const uint Portable = 1; // CU_MEMHOSTREGISTER_PORTABLE
        return cuMemHostRegister(host, (nuint)bytes, Portable) == 0;
    }

    /// <summary>Undoes <see cref="Pin"/>.</summary>
    public void Unpin(nint host)
    {
        Context.MakeCurrent();
        _ = cuMemHostUnregister(host);
    }

    /// <summary>Queues a copy of a box of floats: both may lie in any memory that the device reaches.</summary>
    internal void CopyBox(nint source, in StridedBox from, nint destination, in StridedBox to, CudaStream stream)
    {
        if (from.Length != to.Length) throw new ArgumentException($"a box of {from.Length} floats cannot be copied to one of {to.Length}", nameof(to));
        Context.MakeCurrent();
        var wide = IsWide(source, from) && IsWide(destination, to);
        var arguments = default(KernelArguments);
        arguments.Add(source).Add(KernelBox.Of(from)).Add(destination).Add(KernelBox.Of(to)).Add(from.Length);
        Launch("copy_box", wide ? "copy_box4" : "copy_box", (Math.Min(Ceiling(wide ? from.Length / 4 : from.Length, Threads), MostBlocks), 1, 1), (Threads, 1), ref arguments, stream);
    }

    /// <summary>True where all rows begin and end at multiples of 16 bytes.</summary>
    private static bool IsWide(nint tensor, in StridedBox box) =>
        tensor % 16 == 0 && box.Offset % 4 == 0 && box.RowLength % 4 == 0 && box.PlaneStride % 4 == 0 && box.RowStride % 4 == 0;
}

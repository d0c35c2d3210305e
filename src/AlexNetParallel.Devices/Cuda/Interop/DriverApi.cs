using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cuda.Interop;

/// <summary>
/// The functions of CUDA's driver API that are used, under their C names; where the C header gives a name a version suffix, the entry point has it. Device
/// addresses and handles are <see cref="nint"/>, CUdevice and CUresult are <see cref="int"/>. Whoever calls these holds the result against
/// <see cref="CudaStatus.ThrowIfFailed(int, int?, string)"/>. Checked against cuda.h by a test.
/// </summary>
internal static unsafe partial class DriverApi
{
    /// <summary>Name that <see cref="CudaLibraries"/> turns into a path.</summary>
    public const string Library = "cuda";

    [LibraryImport(Library)] public static partial int cuInit(uint flags);
    [LibraryImport(Library)] public static partial int cuDriverGetVersion(out int version);
    [LibraryImport(Library)] public static partial int cuGetErrorName(int error, out byte* text);
    [LibraryImport(Library)] public static partial int cuGetErrorString(int error, out byte* text);

    [LibraryImport(Library)] public static partial int cuDeviceGetCount(out int count);
    [LibraryImport(Library)] public static partial int cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Library)] public static partial int cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Library)] public static partial int cuDeviceGetUuid(out Guid uuid, int device);
    [LibraryImport(Library)] public static partial int cuDeviceGetAttribute(out int value, DeviceAttribute attribute, int device);
    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")] public static partial int cuDeviceTotalMem(out nuint bytes, int device);
    [LibraryImport(Library)] public static partial int cuDeviceCanAccessPeer(out int can, int device, int peer);

    [LibraryImport(Library)] public static partial int cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")] public static partial int cuDevicePrimaryCtxRelease(int device);
    [LibraryImport(Library)] public static partial int cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] public static partial int cuCtxSynchronize();
    [LibraryImport(Library)] public static partial int cuCtxEnablePeerAccess(nint peerContext, uint flags);

    [LibraryImport(Library)] public static partial int cuModuleLoadDataEx(out nint module, void* image, uint optionCount, int* options, void** optionValues);
    [LibraryImport(Library)] public static partial int cuModuleUnload(nint module);
    [LibraryImport(Library)] public static partial int cuModuleGetFunction(out nint function, nint module, byte* name);
    [LibraryImport(Library)]
    public static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra);

    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")] public static partial int cuMemGetInfo(out nuint free, out nuint total);
    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")] public static partial int cuMemAlloc(out nint address, nuint bytes);
    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")] public static partial int cuMemFree(nint address);
    [LibraryImport(Library, EntryPoint = "cuMemAllocHost_v2")] public static partial int cuMemAllocHost(out nint address, nuint bytes);
    [LibraryImport(Library)] public static partial int cuMemFreeHost(nint address);
    [LibraryImport(Library, EntryPoint = "cuMemHostRegister_v2")] public static partial int cuMemHostRegister(nint address, nuint bytes, uint flags);
    [LibraryImport(Library)] public static partial int cuMemHostUnregister(nint address);
    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoD_v2")] public static partial int cuMemcpyHtoD(nint destination, void* source, nuint bytes);
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoH_v2")] public static partial int cuMemcpyDtoH(void* destination, nint source, nuint bytes);
    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")] public static partial int cuMemcpyHtoDAsync(nint destination, nint source, nuint bytes, nint stream);
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")] public static partial int cuMemcpyDtoHAsync(nint destination, nint source, nuint bytes, nint stream);
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoDAsync_v2")] public static partial int cuMemcpyDtoDAsync(nint destination, nint source, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemcpyPeerAsync(nint destination, nint destinationContext, nint source, nint sourceContext, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemsetD32Async(nint destination, uint value, nuint count, nint stream);
    [LibraryImport(Library)] public static partial int cuIpcGetMemHandle(out IpcHandle handle, nint address);
    [LibraryImport(Library, EntryPoint = "cuIpcOpenMemHandle_v2")] public static partial int cuIpcOpenMemHandle(out nint address, IpcHandle handle, uint flags);
    [LibraryImport(Library)] public static partial int cuIpcCloseMemHandle(nint address);

    [LibraryImport(Library)] public static partial int cuStreamCreate(out nint stream, uint flags);
    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")] public static partial int cuStreamDestroy(nint stream);
    [LibraryImport(Library)] public static partial int cuStreamSynchronize(nint stream);
    [LibraryImport(Library)] public static partial int cuStreamWaitEvent(nint stream, nint cudaEvent, uint flags);
    [LibraryImport(Library)] public static partial int cuEventCreate(out nint cudaEvent, uint flags);
    [LibraryImport(Library, EntryPoint = "cuEventDestroy_v2")] public static partial int cuEventDestroy(nint cudaEvent);
    [LibraryImport(Library)] public static partial int cuEventRecord(nint cudaEvent, nint stream);
    [LibraryImport(Library)] public static partial int cuEventSynchronize(nint cudaEvent);
    [LibraryImport(Library)] public static partial int cuEventElapsedTime(out float milliseconds, nint start, nint end);
}

/// <summary>CUdevice_attribute, as far as used.</summary>
internal enum DeviceAttribute
{
    /// <summary>Streaming multiprocessors.</summary>
    MultiprocessorCount = 16,
    /// <summary>Compute capability, before the point.</summary>
    ComputeCapabilityMajor = 75,
    /// <summary>Compute capability, behind the point.</summary>
    ComputeCapabilityMinor = 76,
}

/// <summary>CUipcMemHandle: 64 bytes that another process opens.</summary>
internal unsafe struct IpcHandle
{
    public const int Size = 64;
    public fixed byte Bytes[Size];
}

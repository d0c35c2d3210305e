using System.Text;
using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>Which libcuda computes.</summary>
public enum CudaDriverKind
{
    /// <summary>NVIDIA's, with a GPU.</summary>
    Real,
    /// <summary>The project's own, which runs kernels on the host's processor (src/SoftCuda): slow, and needs no GPU.</summary>
    Soft,
}

/// <summary>What the driver tells of a device.</summary>
/// <param name="Ordinal">Its number, from 0.</param>
/// <param name="Name">Its product name.</param>
/// <param name="Uuid">Tells devices apart, in every process alike.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Capability">Compute capability times 10: 70 for 7.0.</param>
/// <param name="Multiprocessors">Number of streaming multiprocessors.</param>
public sealed record CudaDeviceInfo(int Ordinal, string Name, Guid Uuid, long MemoryBytes, int Capability, int Multiprocessors);

/// <summary>The CUDA driver of this process: loaded once, real or soft.</summary>
public static unsafe class CudaDriver
{
    /// <summary>Folder of the software device under the root of a checkout.</summary>
    public const string SoftFolder = "artifacts/softcuda";

    private static readonly Lock gate = new();
    private static CudaDriverKind? chosen;

    /// <summary>Loads and initialises the driver. The same kind again does nothing.</summary>
    /// <param name="kind">Which.</param>
    /// <exception cref="CudaException">There is none, or it has no device; the message says what to do instead.</exception>
    /// <exception cref="InvalidOperationException">This process has loaded the other kind.</exception>
    public static void Open(CudaDriverKind kind)
    {
        lock (gate)
        {
            if (chosen == kind) return;
            if (chosen is not null) throw new InvalidOperationException($"this process has loaded the {chosen} CUDA driver; it cannot load the {kind} one as well".ToLowerInvariant());
            CudaLibraries.TakeDriverFrom(kind == CudaDriverKind.Soft ? FindSoftFolder() ?? throw new CudaException(Missing(kind)) : null);
            if (!CudaLibraries.TryLoad(Library, out _)) throw new CudaException(Missing(kind));
            var result = cuInit(0);
            if (result == NoDevice) throw new CudaException($"the CUDA driver finds no device. {Instead}");
            ThrowIfFailed(result, call: nameof(cuInit));
            chosen = kind;
        }
    }

    /// <summary>The kind that is loaded; null before <see cref="Open"/>.</summary>
    public static CudaDriverKind? Kind => chosen;

    /// <summary>Version of CUDA that the driver supports, e.g. 12.4.</summary>
    public static Version Version
    {
        get
        {
            ThrowIfFailed(cuDriverGetVersion(out var version));
            return new Version(version / 1000, version % 1000 / 10);
        }
    }

    /// <summary>Number of devices.</summary>
    public static int DeviceCount
    {
        get
        {
            ThrowIfFailed(cuDeviceGetCount(out var count));
            return count;
        }
    }

    /// <summary>What the driver tells of a device.</summary>
    /// <exception cref="CudaException">There is no such device; the message names those that are there.</exception>
    public static CudaDeviceInfo Describe(int ordinal)
    {
        var count = DeviceCount;
        if (ordinal < 0 || ordinal >= count)
            throw new CudaException($"CUDA: there is no device {ordinal}; found {count} {(count == 1 ? "device, number 0" : $"devices, numbers 0 to {count - 1}")}");
        ThrowIfFailed(cuDeviceGet(out var device, ordinal), ordinal);
        const int Longest = 256;
        var name = stackalloc byte[Longest];
        ThrowIfFailed(cuDeviceGetName(name, Longest, device), ordinal);
        ThrowIfFailed(cuDeviceGetUuid(out var uuid, device), ordinal);
        ThrowIfFailed(cuDeviceTotalMem(out var bytes, device), ordinal);
        var capability = 10 * Attribute(DeviceAttribute.ComputeCapabilityMajor) + Attribute(DeviceAttribute.ComputeCapabilityMinor);
        return new CudaDeviceInfo(ordinal, Encoding.UTF8.GetString(new ReadOnlySpan<byte>(name, Longest)).Split('\0')[0], uuid, (long)bytes, capability,
            Attribute(DeviceAttribute.MultiprocessorCount));

        int Attribute(DeviceAttribute attribute)
        {
            ThrowIfFailed(cuDeviceGetAttribute(out var value, attribute, device), ordinal);
            return value;
        }
    }

    /// <summary>True where one device can read and write the other's memory.</summary>
    public static bool CanAccessPeer(int device, int peer)
    {
        ThrowIfFailed(cuDeviceCanAccessPeer(out var can, device, peer), device);
        return can != 0;
    }

    /// <summary>Where the software device's libcuda.so.1 lies, or null.</summary>
    public static string? FindSoftFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var name in (string[])[SoftFolder, "softcuda"])
            {
                var candidate = Path.Combine(folder.FullName, name);
                if (File.Exists(Path.Combine(candidate, "libcuda.so.1"))) return candidate;
            }
        }
        return null;
    }

    private const string Instead = "Compute on the processor with --device cpu, or run the CUDA half without a GPU with --device cuda --driver soft";

    private static string Missing(CudaDriverKind kind) => kind == CudaDriverKind.Real
        ? $"no CUDA driver is installed (found no libcuda.so.1): it comes with NVIDIA's driver for the GPU. {Instead}"
        : $"the software device is not built (found no {SoftFolder}/libcuda.so.1): scripts/soft-cuda.sh builds it, as ./alexnet does when it is started with --driver soft";
}

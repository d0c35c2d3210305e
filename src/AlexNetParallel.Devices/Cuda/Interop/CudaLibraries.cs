using System.Reflection;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cuda.Interop;

/// <summary>Finds the native libraries by their sonames: the driver has one for all versions, NVRTC and cuBLAS one for each major version of CUDA.</summary>
internal static class CudaLibraries
{
    private static readonly Lock gate = new();
    private static readonly Dictionary<string, nint> loaded = [];
    private static string? driverFolder;

    /// <summary>Places where CUDA is installed without the loader's knowing.</summary>
    private static readonly string[] places = ["/usr/local/cuda/lib64", "/usr/lib/wsl/lib", "/opt/cuda/lib64"];

    static CudaLibraries() => NativeLibrary.SetDllImportResolver(typeof(CudaLibraries).Assembly, Resolve);

    /// <summary>Sonames of a library, newest first.</summary>
    public static IReadOnlyList<string> Names(string library) => library switch
    {
        DriverApi.Library => ["libcuda.so.1"],
        NvrtcApi.Library => ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"],
        CublasApi.Library => ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"],
        _ => [],
    };

    /// <summary>
    /// Takes the driver, and cuBLAS if it lies there too, from a folder; null: from where the system's loader finds them. Before anything of CUDA is called; a
    /// process stays with the first driver that it loads.
    /// </summary>
    /// <exception cref="InvalidOperationException">The process has loaded another driver.</exception>
    public static void TakeDriverFrom(string? folder)
    {
        lock (gate)
        {
            if (folder == driverFolder) return;
            if (loaded.ContainsKey(DriverApi.Library))
                throw new InvalidOperationException($"this process has loaded the CUDA driver from {driverFolder ?? "the system"} and cannot change to {folder ?? "the system"}'s");
            driverFolder = folder;
        }
    }

    /// <summary>Loads a library, or tells that there is none.</summary>
    public static bool TryLoad(string library, out nint handle)
    {
        lock (gate)
        {
            if (loaded.TryGetValue(library, out handle)) return true;
            foreach (var path in Candidates(library))
            {
                if (!NativeLibrary.TryLoad(path, out handle)) continue;
                loaded.Add(library, handle);
                return true;
            }
            return false;
        }
    }

    /// <summary>What the loader makes of each name, in the order of trial. With a driver's folder the system's driver is never taken instead.</summary>
    private static IEnumerable<string> Candidates(string library)
    {
        var names = Names(library);
        if (driverFolder is not null && library != NvrtcApi.Library)
        {
            // A software device has the host's addresses: only a cuBLAS of its own can compute with them.
            foreach (var name in names) yield return Path.Combine(driverFolder, name);
            yield break;
        }
        foreach (var name in names) yield return name;
        foreach (var place in places)
            foreach (var name in names) yield return Path.Combine(place, name);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (Names(name).Count == 0) return 0; // libc and the like: .NET's own rules
        return TryLoad(name, out var handle) ? handle : throw new DllNotFoundException($"found none of {string.Join(", ", Names(name))}");
    }
}

using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cuda.Interop;

/// <summary>NVRTC, the compiler of CUDA C++ that runs inside the program. Needs neither a driver nor a device.</summary>
internal static unsafe partial class NvrtcApi
{
    /// <summary>Name that <see cref="CudaLibraries"/> turns into a path.</summary>
    public const string Library = "nvrtc";

    [LibraryImport(Library)] public static partial int nvrtcVersion(out int major, out int minor);
    [LibraryImport(Library)] public static partial byte* nvrtcGetErrorString(int result);
    [LibraryImport(Library)] public static partial int nvrtcGetNumSupportedArchs(out int count);
    [LibraryImport(Library)] public static partial int nvrtcGetSupportedArchs(int* architectures);
    [LibraryImport(Library)]
    public static partial int nvrtcCreateProgram(out nint program, byte* source, byte* name, int headerCount, byte** headers, byte** headerNames);
    [LibraryImport(Library)] public static partial int nvrtcDestroyProgram(ref nint program);
    [LibraryImport(Library)] public static partial int nvrtcCompileProgram(nint program, int optionCount, byte** options);
    [LibraryImport(Library)] public static partial int nvrtcGetPTXSize(nint program, out nuint bytes);
    [LibraryImport(Library)] public static partial int nvrtcGetPTX(nint program, byte* text);
    [LibraryImport(Library)] public static partial int nvrtcGetCUBINSize(nint program, out nuint bytes);
    [LibraryImport(Library)] public static partial int nvrtcGetCUBIN(nint program, byte* image);
    [LibraryImport(Library)] public static partial int nvrtcGetProgramLogSize(nint program, out nuint bytes);
    [LibraryImport(Library)] public static partial int nvrtcGetProgramLog(nint program, byte* text);
}

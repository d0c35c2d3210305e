using System.Runtime.InteropServices;

namespace AlexNetParallel.Testing;

/// <summary>Settings of the software device of this process (docs/cuda.md has the list): to be made before its driver is loaded, in a module initializer.</summary>
public static partial class SoftCudaSettings
{
    /// <summary>The software device reads its environment through the C library; .NET's own copy of the environment would not reach it.</summary>
    /// <param name="name">E.g. SOFTCUDA_MEMORY.</param>
    /// <param name="value">E.g. 3G.</param>
    public static void Set(string name, string value) => _ = SetEnvironment(name, value, 1);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

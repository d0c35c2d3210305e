using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>Hints about memory that will be needed soon.</summary>
internal static unsafe class CacheLines
{
    /// <summary>Floats of a cache line.</summary>
    public const int Floats = 16;

    /// <summary>Begins to fetch lines that follow each other into the second-level cache. Any address will do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* first, int lines)
    {
        if (!Sse.IsSupported) return;
        for (; lines > 0; lines--, first += Floats) Sse.Prefetch1(first);
    }

    /// <summary>Begins to fetch the line of an address into the first-level cache. Any address will do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Devices.Cpu;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>
/// The memory traffic that one core can keep up, measured by a copy between two regions larger than the caches with the same loads and stores that the
/// operations use. A line that such a store writes is first read from memory, so a copy of n bytes moves 3n, and an operation that reads r and
/// writes w bytes moves r + 2w: that is how the two are compared.
/// </summary>
public sealed unsafe class MemoryBandwidth : IDisposable
{
    private const long Floats = 32L << 20; // 128 MiB each
    private readonly CpuBuffer source = CpuBuffer.Allocate(Floats);
    private readonly CpuBuffer destination = CpuBuffer.Allocate(Floats);
    private long position;

    /// <summary>Bytes a second between one core and memory, by the calling thread's own clock. Takes some milliseconds.</summary>
    /// <param name="vectorBits">512, 256 or 128: see <see cref="CpuOptions.SupportedVectorBits"/>.</param>
    public double MeasureTraffic(int vectorBits)
    {
        const long Part = Floats / 4; // each time another quarter, so that what an earlier copy left in the caches is of no use
        var offset = position;
        position = (position + Part) % Floats;
        var start = ThreadClock.Seconds();
        switch (vectorBits)
        {
            case 512: Copy<Simd512, Vector512<float>>(source.Pointer + offset, destination.Pointer + offset, Part); break;
            case 256: Copy<Simd256, Vector256<float>>(source.Pointer + offset, destination.Pointer + offset, Part); break;
            default: Copy<Simd128, Vector128<float>>(source.Pointer + offset, destination.Pointer + offset, Part); break;
        }
        return Traffic(Part * sizeof(float), Part * sizeof(float)) / (ThreadClock.Seconds() - start);
    }

    /// <summary>Bytes that move between the processor and memory when an operation reads and writes so many.</summary>
    public static double Traffic(long bytesRead, long bytesWritten) => bytesRead + 2.0 * bytesWritten;

    /// <inheritdoc/>
    public void Dispose()
    {
        source.Dispose();
        destination.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Copy<TSimd, V>(float* from, float* to, long floats)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (long i = 0; i < floats; i += 2 * TSimd.Count)
        {
            var a = TSimd.Load(from + i);
            var b = TSimd.Load(from + i + TSimd.Count);
            TSimd.Store(a, to + i);
            TSimd.Store(b, to + i + TSimd.Count);
        }
    }
}

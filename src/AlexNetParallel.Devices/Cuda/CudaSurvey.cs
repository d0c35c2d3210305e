using System.Diagnostics;
using AlexNetParallel.Devices.Cuda.Compiling;
using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>How two workers' slabs would go from one device to another, and how fast.</summary>
/// <param name="From">Number of the device that sends.</param>
/// <param name="To">Number of the device that receives.</param>
/// <param name="IsPeer">True: straight from memory to memory. False: through pinned host memory.</param>
/// <param name="BytesPerSecond">Measured with copies of 32 MiB.</param>
public sealed record CudaPath(int From, int To, bool IsPeer, double BytesPerSecond);

/// <summary>What of CUDA this machine has: for people, not for the training.</summary>
public static class CudaSurvey
{
    private const long CopyFloats = 8L << 20;
    private const int Repetitions = 5;

    /// <summary>NVRTC's version and the architectures that it compiles for; null where it is missing, with what to do.</summary>
    public static (Version? Version, IReadOnlyList<int> Architectures, string Remedy) Compiler()
    {
        try
        {
            return (Nvrtc.Version, Nvrtc.Architectures, "");
        }
        catch (CudaException)
        {
            return (null, [], Nvrtc.Remedy);
        }
    }

    /// <summary>cuBLAS's version on a device; null where it is missing. The driver must be open.</summary>
    public static Version? CublasVersion(int ordinal)
    {
        using var context = new CudaContext(ordinal);
        using var stream = new CudaStream(context);
        using var cublas = Cublas.TryOpen(context, stream);
        return cublas?.Version;
    }

    /// <summary>Free and total memory of a device in bytes. The driver must be open.</summary>
    public static (long Free, long Total) Memory(int ordinal)
    {
        using var context = new CudaContext(ordinal);
        return context.Memory();
    }

    /// <summary>Measures the path from one device to another (or to itself, as two workers on one device use it). The driver must be open.</summary>
    public static CudaPath Measure(int from, int to)
    {
        using var source = new CudaContext(from);
        using var destination = new CudaContext(to);
        var isPeer = from == to || (CudaDriver.CanAccessPeer(from, to) && CudaDriver.CanAccessPeer(to, from));
        var bytes = (nuint)(CopyFloats * sizeof(float));
        destination.MakeCurrent();
        ThrowIfFailed(cuMemAlloc(out var there, bytes), to);
        source.MakeCurrent();
        ThrowIfFailed(cuMemAlloc(out var here, bytes), from);
        using var host = isPeer ? null : new PinnedMemory(source, (long)bytes);
        if (isPeer && from != to) source.EnablePeerAccess(destination);
        source.MakeCurrent();
        using var stream = new CudaStream(source);
        using var arrival = new CudaStream(destination);
        try
        {
            var best = double.MaxValue;
            for (var i = 0; i <= Repetitions; i++) // the first is not counted by being slow
            {
                var begin = Stopwatch.GetTimestamp();
                Copy();
                best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }
            return new CudaPath(from, to, isPeer, (double)bytes / best);
        }
        finally
        {
            source.MakeCurrent();
            _ = cuMemFree(here);
            destination.MakeCurrent();
            _ = cuMemFree(there);
        }

        void Copy()
        {
            source.MakeCurrent();
            if (host is null)
            {
                ThrowIfFailed(cuMemcpyPeerAsync(there, destination.Handle, here, source.Handle, bytes, stream.Handle), from);
                stream.Synchronize();
                return;
            }
            ThrowIfFailed(cuMemcpyDtoHAsync(host.Address, here, bytes, stream.Handle), from);
            stream.Synchronize();
            destination.MakeCurrent();
            ThrowIfFailed(cuMemcpyHtoDAsync(there, host.Address, bytes, arrival.Handle), to);
            arrival.Synchronize();
        }
    }
}

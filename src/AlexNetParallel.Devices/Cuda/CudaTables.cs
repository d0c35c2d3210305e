using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>
/// Small tables in a device's memory that kernels read: offsets of channels and taps, lists of views and addresses. Each content is there once and stays, so
/// that a step that was run before uploads nothing and allocates nothing.
/// </summary>
internal sealed unsafe class CudaTables(CudaDevice device) : IDisposable
{
    /// <summary>Floats of a run of tables. One holds those of any network here; it is part of the planned memory.</summary>
    public const long RunFloats = 1 << 18;

    private const int Alignment = 256;

    private readonly Dictionary<byte[], nint> tables = new(new ContentComparer());
    private readonly List<CudaBuffer> runs = [];
    private long used;

    /// <summary>Where a table of this content lies.</summary>
    public nint Of<T>(ReadOnlySpan<T> content) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(content);
        var lookup = tables.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(bytes, out var address)) return address;
        if (bytes.Length > RunFloats * sizeof(float)) throw new ArgumentException($"a table of {bytes.Length} bytes; at most {RunFloats * sizeof(float)} have room");
        if (runs.Count == 0 || used + bytes.Length > RunFloats * sizeof(float)) AddRun();
        address = runs[^1].Address + (nint)used;
        used += (bytes.Length + Alignment - 1) / Alignment * Alignment;
        fixed (byte* from = bytes) ThrowIfFailed(cuMemcpyHtoD(address, from, (nuint)bytes.Length), device.Context.Ordinal);
        tables.Add(bytes.ToArray(), address);
        return address;
    }

    /// <summary>Takes the memory for a first run of tables.</summary>
    public void Reserve()
    {
        if (runs.Count == 0) AddRun();
    }

    private void AddRun()
    {
        runs.Add(device.AllocateFloats(RunFloats));
        device.Synchronize(); // its zeroing
        used = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in runs) run.Dispose();
        runs.Clear();
        tables.Clear();
    }

    private sealed class ContentComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode([DisallowNull] byte[] content) => GetHashCode(content.AsSpan());
        public bool Equals(ReadOnlySpan<byte> content, byte[] other) => content.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> content)
        {
            var hash = new HashCode();
            hash.AddBytes(content);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> content) => content.ToArray();
    }
}

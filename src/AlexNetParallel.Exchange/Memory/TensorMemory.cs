using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Memory;

/// <summary>A worker's tensors in memory of this process: zeroed, aligned to pages, in huge pages where they are large.</summary>
internal sealed unsafe class TensorMemory(int rank)
{
    private const int Page = 4096;
    private const int HugePage = 2 << 20;

    private readonly Dictionary<int, SharedTensor> tensors = [];

    /// <summary>Adds a tensor.</summary>
    public nint Allocate(int tensor, long floats)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        if (tensors.ContainsKey(tensor)) throw new ArgumentException($"tensor {tensor} of worker {rank} was allocated before", nameof(tensor));
        var bytes = Math.Max(floats * sizeof(float), 1);
        var alignment = bytes >= HugePage ? HugePage : Page;
        var memory = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)alignment);
        if (alignment == HugePage) LinuxMemory.PreferHugePages((nint)memory, bytes);
        NativeMemory.Clear(memory, (nuint)bytes);
        tensors.Add(tensor, new SharedTensor((nint)memory, floats));
        return (nint)memory;
    }

    /// <summary>A tensor.</summary>
    /// <exception cref="ArgumentException">It was not allocated.</exception>
    public SharedTensor this[int tensor] => tensors.TryGetValue(tensor, out var found)
        ? found
        : throw new ArgumentException($"worker {rank} has not allocated tensor {tensor}");

    /// <summary>Frees all of them.</summary>
    public void Free()
    {
        foreach (var tensor in tensors.Values) NativeMemory.AlignedFree((void*)tensor.Address);
        tensors.Clear();
    }
}

/// <summary>A tensor's memory as this process sees it.</summary>
/// <param name="Address">Its first float.</param>
/// <param name="Floats">Its size.</param>
internal readonly record struct SharedTensor(nint Address, long Floats);

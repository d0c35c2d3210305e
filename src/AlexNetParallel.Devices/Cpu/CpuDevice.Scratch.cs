namespace AlexNetParallel.Devices.Cpu;

/// <summary>Memory that operations use while they run. It grows to what the largest operation needs and stays, so that steps allocate nothing.</summary>
public sealed partial class CpuDevice
{
    private readonly List<CpuBuffer?> scratch = [];

    /// <summary>At least <paramref name="floats"/> floats with any content, 64-aligned; valid until the next call with the same slot.</summary>
    /// <param name="slot">Different for memory that is in use at the same time.</param>
    /// <param name="floats">Number of floats.</param>
    private unsafe float* Scratch(int slot, long floats)
    {
        while (scratch.Count <= slot) scratch.Add(null);
        if (scratch[slot] is not { } buffer || buffer.Length < floats)
        {
            scratch[slot]?.Dispose();
            scratch[slot] = buffer = AllocateFloats(floats);
        }
        return buffer.Pointer;
    }

    private void DisposeScratch()
    {
        foreach (var buffer in scratch) buffer?.Dispose();
        scratch.Clear();
    }
}

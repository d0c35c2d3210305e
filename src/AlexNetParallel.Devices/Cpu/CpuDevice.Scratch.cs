namespace AlexNetParallel.Devices.Cpu;

/// <summary>Memory that operations use while they run. It grows to what the largest operation needs and stays, so that steps allocate nothing.</summary>
public sealed unsafe partial class CpuDevice
{
    private readonly CpuBuffer?[] scratch = new CpuBuffer?[Enum.GetValues<ScratchUse>().Length];

    /// <summary>What memory is used for: what is in use at the same time has different names.</summary>
    private enum ScratchUse
    {
        TapOffsets,
        OutputOffsets,
        InputCopy,
        GradientCopy,
        Transposed,
        Sums,
        BiasLanes,
        Rows,
        Cases,
    }

    /// <summary>At least <paramref name="floats"/> floats with any content, 64-aligned; valid until the next call for the same use.</summary>
    private float* Scratch(ScratchUse use, long floats)
    {
        ref var buffer = ref scratch[(int)use];
        if (buffer is null || buffer.Length < floats)
        {
            buffer?.Dispose();
            buffer = AllocateFloats(floats);
        }
        return buffer.Pointer;
    }

    private void DisposeScratch()
    {
        foreach (var buffer in scratch) buffer?.Dispose();
        Array.Clear(scratch);
    }
}

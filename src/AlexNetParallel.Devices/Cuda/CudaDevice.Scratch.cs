namespace AlexNetParallel.Devices.Cuda;

/// <summary>Memory that operations use while they run. It grows to what the largest operation needs and stays; <see cref="Reserve"/> takes all of it at once.</summary>
public sealed unsafe partial class CudaDevice
{
    private readonly CudaBuffer?[] scratch = new CudaBuffer?[Enum.GetValues<ScratchUse>().Length];
    private PinnedMemory? pinned;

    /// <summary>What a worker's program will take of this device's memory.</summary>
    public CudaMemoryPlan PlanMemory(Model.Planning.WorkerProgram program, bool keepGradients = false) => new(program, cublas is not null, keepGradients);

    /// <summary>Allocates what a plan's operations and tables will need besides tensors and parameters.</summary>
    public void Reserve(CudaMemoryPlan plan)
    {
        foreach (var (use, floats) in plan.ScratchFloats) Scratch(use, floats);
        tables.Reserve();
    }

    /// <summary>Address of at least so many floats with any content, 256-aligned; valid for what is queued until the next call for the same use.</summary>
    private nint Scratch(ScratchUse use, long floats)
    {
        ref var buffer = ref scratch[(int)use];
        if (buffer is null || buffer.Length < floats)
        {
            buffer?.Dispose();
            buffer = AllocateFloats(floats);
        }
        return buffer.Address;
    }

    /// <summary>Host memory for what is copied from or to the device within one operation.</summary>
    private PinnedMemory Pinned(long bytes)
    {
        if (pinned is not null && pinned.Bytes >= bytes) return pinned;
        pinned?.Dispose();
        return pinned = new PinnedMemory(Context, bytes);
    }

    private void DisposeScratch()
    {
        foreach (var buffer in scratch) buffer?.Dispose();
        Array.Clear(scratch);
        pinned?.Dispose();
    }
}

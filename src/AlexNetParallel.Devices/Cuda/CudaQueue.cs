using AlexNetParallel.Devices.Cuda.Interop;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>
/// A stream of copies beside a device's computing. Nothing here waits for the computing, nor the other way round, but where it is asked for. One thread at a time.
/// </summary>
public sealed unsafe class CudaQueue(CudaDevice device) : IDisposable
{
    private readonly CudaStream stream = new(device.Context);
    private readonly CudaEvent computed = new(device.Context);
    private readonly CudaEvent copied = new(device.Context);

    /// <summary>What is queued here from now on waits for all that was asked of the device so far.</summary>
    public void AfterComputing()
    {
        device.Context.MakeCurrent();
        computed.Record(device.Compute);
        stream.WaitFor(computed);
    }

    /// <summary>What is asked of the device from now on waits for all that was queued here so far.</summary>
    public void BeforeComputing()
    {
        device.Context.MakeCurrent();
        copied.Record(stream);
        device.Compute.WaitFor(copied);
    }

    /// <summary>Host to device. The host's memory must stay as it is until the copy is done; it should be pinned.</summary>
    public void CopyIn(nint host, nint address, long floats)
    {
        device.Context.MakeCurrent();
        ThrowIfFailed(cuMemcpyHtoDAsync(address, host, Bytes(floats), stream.Handle), device.Context.Ordinal);
    }

    /// <summary>Device to host. The host's memory should be pinned.</summary>
    public void CopyOut(nint address, nint host, long floats)
    {
        device.Context.MakeCurrent();
        ThrowIfFailed(cuMemcpyDtoHAsync(host, address, Bytes(floats), stream.Handle), device.Context.Ordinal);
    }

    /// <summary>Between two devices' memory, this one's and one that it reaches: a copy where both boxes lie without gaps, else a kernel.</summary>
    public void Copy(nint source, in StridedBox from, nint destination, in StridedBox to)
    {
        if (!from.IsContiguous || !to.IsContiguous)
        {
            device.CopyBox(source, from, destination, to, stream);
            return;
        }
        device.Context.MakeCurrent();
        var (there, here) = (destination + (nint)(to.Offset * sizeof(float)), source + (nint)(from.Offset * sizeof(float)));
        ThrowIfFailed(cuMemcpyDtoDAsync(there, here, Bytes(from.Length), stream.Handle), device.Context.Ordinal);
    }

    /// <summary>Marks what is queued so far.</summary>
    public void Mark(CudaMark mark)
    {
        device.Context.MakeCurrent();
        mark.Event.Record(stream);
    }

    /// <summary>The thread sleeps until all that is queued is done.</summary>
    public void Synchronize()
    {
        device.Context.MakeCurrent();
        stream.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        computed.Dispose();
        copied.Dispose();
    }

    private static nuint Bytes(long floats) => (nuint)(floats * sizeof(float));
}

/// <summary>A point in a device's work: on the stream of its operations, or in a <see cref="CudaQueue"/>.</summary>
/// <param name="device">Whose.</param>
/// <param name="timing">True where <see cref="SecondsSince"/> is asked.</param>
public sealed class CudaMark(CudaDevice device, bool timing = false) : IDisposable
{
    internal CudaEvent Event { get; } = new(device.Context, timing);

    /// <summary>Marks all that the device was asked for so far.</summary>
    public void Computed()
    {
        device.Context.MakeCurrent();
        Event.Record(device.Compute);
    }

    /// <summary>The thread sleeps until what is marked is done. From any thread.</summary>
    public void Wait()
    {
        device.Context.MakeCurrent();
        Event.Synchronize();
    }

    /// <summary>What is asked of the device from now on waits for what is marked.</summary>
    public void BeforeComputing()
    {
        device.Context.MakeCurrent();
        device.Compute.WaitFor(Event);
    }

    /// <summary>The device's time from another mark to this one; both must be reached.</summary>
    public double SecondsSince(CudaMark start) => Event.SecondsSince(start.Event);

    /// <inheritdoc/>
    public void Dispose() => Event.Dispose();
}

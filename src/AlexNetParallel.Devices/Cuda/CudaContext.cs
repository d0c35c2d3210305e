using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>
/// A device's primary context, which all users of the device in this process share. The driver has one current context for each thread, so everything that
/// calls the driver makes it current first.
/// </summary>
internal sealed class CudaContext : IDisposable
{
    private readonly int device;
    private readonly nint handle;
    private bool disposed;

    public CudaContext(int ordinal)
    {
        Info = CudaDriver.Describe(ordinal);
        ThrowIfFailed(cuDeviceGet(out device, ordinal), ordinal);
        ThrowIfFailed(cuDevicePrimaryCtxRetain(out handle, device), ordinal);
        MakeCurrent();
    }

    /// <summary>The device.</summary>
    public CudaDeviceInfo Info { get; }

    /// <summary>Its number.</summary>
    public int Ordinal => Info.Ordinal;

    /// <summary>CUcontext.</summary>
    public nint Handle => handle;

    /// <summary>Makes it this thread's context.</summary>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ThrowIfFailed(cuCtxSetCurrent(handle), Ordinal);
    }

    /// <summary>Memory that nobody has, and all of it.</summary>
    public (long Free, long Total) Memory()
    {
        MakeCurrent();
        ThrowIfFailed(cuMemGetInfo(out var free, out var total), Ordinal);
        return ((long)free, (long)total);
    }

    /// <summary>Lets kernels and copies of this context reach another's memory.</summary>
    public void EnablePeerAccess(CudaContext peer)
    {
        MakeCurrent();
        var result = cuCtxEnablePeerAccess(peer.Handle, 0);
        if (result != PeerAccessAlreadyEnabled) ThrowIfFailed(result, Ordinal, nameof(cuCtxEnablePeerAccess));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        _ = cuDevicePrimaryCtxRelease(device); // after a fault this fails too, and the fault has been reported
    }
}

/// <summary>A queue of work on a device. Does not wait for the default stream, nor the other way round.</summary>
internal sealed class CudaStream : IDisposable
{
    private const uint NonBlocking = 1; // CU_STREAM_NON_BLOCKING
    private readonly CudaContext context;
    private readonly CudaEvent idle;

    public CudaStream(CudaContext context)
    {
        this.context = context;
        context.MakeCurrent();
        ThrowIfFailed(cuStreamCreate(out var handle, NonBlocking), context.Ordinal);
        Handle = handle;
        idle = new CudaEvent(context);
    }

    /// <summary>CUstream.</summary>
    public nint Handle { get; }

    /// <summary>What is queued from now on waits for what the event marks.</summary>
    public void WaitFor(CudaEvent happened) => ThrowIfFailed(cuStreamWaitEvent(Handle, happened.Handle, 0), context.Ordinal);

    /// <summary>The thread sleeps until all that is queued is done.</summary>
    public void Synchronize()
    {
        idle.Record(this);
        idle.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        idle.Dispose();
        _ = cuStreamDestroy(Handle);
    }
}

/// <summary>Marks a point in a stream.</summary>
internal sealed class CudaEvent : IDisposable
{
    private const uint BlockingSync = 1, DisableTiming = 2; // CU_EVENT_BLOCKING_SYNC, CU_EVENT_DISABLE_TIMING
    private readonly int device;

    /// <param name="context">Of the streams that it is recorded in.</param>
    /// <param name="timing">True where <see cref="SecondsSince"/> is asked; costs a little.</param>
    public CudaEvent(CudaContext context, bool timing = false)
    {
        device = context.Ordinal;
        context.MakeCurrent();
        // A waiting thread sleeps: a host may have fewer cores than workers.
        ThrowIfFailed(cuEventCreate(out var handle, BlockingSync | (timing ? 0 : DisableTiming)), device);
        Handle = handle;
    }

    /// <summary>CUevent.</summary>
    public nint Handle { get; }

    /// <summary>Marks what is queued in the stream so far.</summary>
    public void Record(CudaStream stream) => ThrowIfFailed(cuEventRecord(Handle, stream.Handle), device);

    /// <summary>The thread sleeps until what is marked is done.</summary>
    public void Synchronize() => ThrowIfFailed(cuEventSynchronize(Handle), device);

    /// <summary>Time of the device from another mark to this one.</summary>
    public double SecondsSince(CudaEvent start)
    {
        ThrowIfFailed(cuEventElapsedTime(out var milliseconds, start.Handle, Handle), device);
        return milliseconds / 1000.0;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = cuEventDestroy(Handle);
}

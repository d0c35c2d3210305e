using AlexNetParallel.Devices.Cuda.Compiling;
using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>
/// The operations on a CUDA device, with the kernels of the folder "kernels". Every operation is queued on one stream and returns at once; what must be in
/// the host's hands (<see cref="SoftmaxLogLoss"/>, reading a buffer) waits. One thread at a time may call it, any thread. Results have the same bits however
/// a run of blocks is cut into calls.
/// </summary>
public sealed unsafe partial class CudaDevice : IDevice
{
    private readonly KernelModules modules;
    private readonly KernelCompiler compiler;
    private readonly CudaTables tables;
    private readonly CudaVariants variants;
    private readonly Cublas? cublas;
    private long allocatedBytes;
    private bool disposed;

    /// <summary>Opens a device: loads the driver, and compiles the kernels that were not compiled before.</summary>
    /// <exception cref="CudaException">Something is missing, or does not work; the message says what, and what to do instead.</exception>
    public CudaDevice(CudaOptions? options = null)
    {
        options ??= new CudaOptions();
        CudaDriver.Open(options.Driver);
        Context = new CudaContext(options.Ordinal);
        // The software device takes PTX, as a driver does for a device that NVRTC does not know.
        compiler = new KernelCompiler(new KernelSources(options.KernelFolder ?? KernelSources.FindFolder()), Context.Info.Capability, portable: options.Driver == CudaDriverKind.Soft);
        CompiledModules = compiler.CompileAll();
        modules = new KernelModules(Context, compiler);
        variants = new CudaVariants(options.ForcedKernels);
        Compute = new CudaStream(Context);
        tables = new CudaTables(this);
        cublas = options.UseCublas ? Cublas.TryOpen(Context, Compute) : null;
    }

    /// <summary>What the driver tells of the device.</summary>
    public CudaDeviceInfo Info => Context.Info;

    /// <summary>Kernel modules that were not in the cache and had to be compiled.</summary>
    public int CompiledModules { get; }

    /// <summary>Which variant of a kernel ran for which sizes, in the order of first use.</summary>
    public IReadOnlyCollection<string> KernelsUsed => variants.Used;

    /// <inheritdoc/>
    public string Description => $"cuda ({Info.Name}, {compiler.Architecture}, fully connected layers by {(cublas is null ? "the project's own GEMM" : $"cuBLAS {cublas.Version}")})";

    /// <inheritdoc/>
    public long AllocatedBytes => Interlocked.Read(ref allocatedBytes);

    /// <inheritdoc/>
    public bool ComputesInHostMemory => false;

    /// <summary>The device's context.</summary>
    internal CudaContext Context { get; }

    /// <summary>The stream of all operations.</summary>
    internal CudaStream Compute { get; }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long floats) => AllocateFloats(floats);

    /// <inheritdoc/>
    public DeviceBuffer Wrap(nint address, long floats) => CudaBuffer.Wrap(this, address, floats);

    /// <inheritdoc/>
    public void Synchronize()
    {
        Context.MakeCurrent();
        Compute.Synchronize();
    }

    /// <summary>Frees what the device holds. Buffers and parameters are their owners' to dispose, before.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        Context.MakeCurrent();
        DisposeScratch();
        tables.Dispose();
        cublas?.Dispose();
        modules.Dispose();
        Compute.Dispose();
        Context.Dispose();
    }

    internal CudaBuffer AllocateFloats(long floats) => CountAllocated(CudaBuffer.Allocate(this, floats, floats));

    private CudaBuffer CountAllocated(CudaBuffer buffer)
    {
        Interlocked.Add(ref allocatedBytes, buffer.AllocatedFloats * sizeof(float));
        return buffer;
    }

    /// <summary>Gives a buffer's memory back. The driver waits for kernels that use it.</summary>
    internal void Free(nint address, long floats)
    {
        Interlocked.Add(ref allocatedBytes, -floats * sizeof(float));
        if (disposed) return; // gone with the context
        Context.MakeCurrent();
        Compute.Synchronize();
        ThrowIfFailed(cuMemFree(address), Context.Ordinal);
    }

    /// <summary>Queues a kernel.</summary>
    private void Launch(string module, string kernel, (long X, long Y, long Z) grid, (uint X, uint Y) block, ref KernelArguments arguments, CudaStream? stream = null)
    {
        if (grid.X == 0 || grid.Y == 0 || grid.Z == 0) return;
        var function = modules.Find(module, kernel);
        var pointers = stackalloc void*[arguments.Count];
        fixed (byte* first = &arguments.Start)
        {
            arguments.Addresses(first, pointers);
            var result = cuLaunchKernel(function, checked((uint)grid.X), checked((uint)grid.Y), checked((uint)grid.Z), block.X, block.Y, 1, 0, (stream ?? Compute).Handle, pointers, null);
            if (result != 0) ThrowIfFailed(result, Context.Ordinal, $"cuLaunchKernel of {kernel} with grid {grid.X}×{grid.Y}×{grid.Z}, block {block.X}×{block.Y}");
        }
    }

    private static long Ceiling(long dividend, long divisor) => (dividend + divisor - 1) / divisor;
}

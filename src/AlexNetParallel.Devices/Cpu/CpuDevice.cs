using AlexNetParallel.Devices.Benchmarks;
using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// The operations on the host's processor, in C# with vectors of 512, 256 or 128 bits. One thread at a time may call it; it divides each
/// operation over its own threads. Results have the same bits for any number of threads.
/// </summary>
public sealed partial class CpuDevice : IDevice
{
    private readonly CpuTeam team;
    private long allocatedBytes;

    /// <summary>Chooses the vectors' width and starts the threads.</summary>
    /// <exception cref="ArgumentException">A width was asked for that this processor has not, or the number of threads is below 1.</exception>
    public CpuDevice(CpuOptions? options = null)
    {
        options ??= new CpuOptions();
        VectorBits = options.ChooseVectorBits();
        kernels = CpuKernels.Create(VectorBits);
        team = new CpuTeam(options.Threads);
    }

    /// <summary>Bits of the vectors in use: 512, 256 or 128.</summary>
    public int VectorBits { get; }

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads => team.Threads;

    /// <inheritdoc/>
    public string Description => $"cpu ({CpuOptions.NameOf(VectorBits)}, {Threads} thread{(Threads == 1 ? "" : "s")})";

    /// <inheritdoc/>
    public long AllocatedBytes => Interlocked.Read(ref allocatedBytes);

    /// <inheritdoc/>
    public bool ComputesInHostMemory => true;

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long floats) => AllocateFloats(floats);

    /// <inheritdoc/>
    public DeviceBuffer Wrap(nint address, long floats) => CpuBuffer.Wrap(address, floats);

    /// <summary>All threads at once, see <see cref="CpuPeak"/>.</summary>
    public double MeasurePeak()
    {
        var peaks = new double[Threads];
        team.Run(new PeakJob(peaks, VectorBits), Threads);
        return peaks.Sum();
    }

    /// <summary>Nothing: every operation is done when it returns.</summary>
    public void Synchronize() { }

    /// <summary>Stops the threads and frees scratch memory. Buffers and parameters are their owners' to dispose.</summary>
    public void Dispose()
    {
        team.Dispose();
        DisposeScratch();
    }

    internal CpuBuffer AllocateFloats(long floats)
    {
        var buffer = CpuBuffer.Allocate(floats, bytes => Interlocked.Add(ref allocatedBytes, -bytes));
        Interlocked.Add(ref allocatedBytes, floats * sizeof(float));
        return buffer;
    }

    private readonly struct PeakJob(double[] peaks, int vectorBits) : ITeamJob
    {
        public void Run(int item, int thread) => peaks[item] = CpuPeak.Measure(vectorBits);
    }

    /// <summary>First float of a block of the view's buffer: add <see cref="TensorView.ChannelOffset"/> and the border.</summary>
    private static unsafe float* BlockPointer(TensorView view, int block) =>
        ((CpuBuffer)view.Buffer).Pointer + (block - view.Layout.Blocks.First) * view.Layout.BlockStride;

    /// <summary>Floats from a stored plane's start to its pixel (0,0) inside the border.</summary>
    private static int BorderOffset(TensorLayout layout) => layout.Border.Top * layout.RowStride + layout.Border.Left * CaseBlock.Cases;
}

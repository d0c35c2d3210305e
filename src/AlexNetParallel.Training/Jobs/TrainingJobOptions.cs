using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange.Grpc;

namespace AlexNetParallel.Training.Jobs;

/// <summary>What a worker process is started with: what belongs to the machine and not to the run, so that none of it changes a bit of the result.</summary>
public sealed record TrainingJobOptions
{
    /// <summary>Threads of the CPU device. 1 by default: each core has a worker of its own.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Threads that decode images, in the first worker of each host. 1 by default.</summary>
    public int FeedThreads { get; init; } = 1;

    /// <summary>Measure the device's peak after each tick: a yardstick for the speed, since a processor's clock changes with load and neighbours. Milliseconds each time.</summary>
    public bool MeasurePeak { get; init; }

    /// <summary>Where and how this worker listens for the others when the transport is gRPC. TCP loopback by default.</summary>
    public GrpcTransportOptions Grpc { get; init; } = new();

    /// <summary>Computes on a CUDA device with this driver. Null, the default: on the CPU.</summary>
    public CudaDriverKind? Cuda { get; init; }

    /// <summary>CUDA devices by number: worker r takes the one at r modulo their number. Empty, the default: all that are there.</summary>
    public IReadOnlyList<int> Devices { get; init; } = [];

    /// <summary>Makes the device.</summary>
    /// <param name="rank">The worker that will compute on it.</param>
    /// <exception cref="CudaException">It cannot be had; the message says what to do instead.</exception>
    public IDevice CreateDevice(int rank)
    {
        if (Cuda is not { } driver) return new CpuDevice(new CpuOptions { Threads = Threads });
        CudaDriver.Open(driver);
        return new CudaDevice(new CudaOptions { Driver = driver, Ordinal = Devices.Count > 0 ? Devices[rank % Devices.Count] : rank % CudaDriver.DeviceCount });
    }
}

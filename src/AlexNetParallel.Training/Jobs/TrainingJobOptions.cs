using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Exchange.Grpc;

namespace AlexNetParallel.Training.Jobs;

/// <summary>What a worker process is started with: what belongs to the machine and not to the run, so that none of it changes a bit of the result.</summary>
public sealed record TrainingJobOptions
{
    /// <summary>Threads of the CPU device. 1 by default: each core has a worker of its own.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Threads that decode images, in the first worker of each host. 1 by default.</summary>
    public int FeedThreads { get; init; } = 1;

    /// <summary>Where and how this worker listens for the others when the transport is gRPC. TCP loopback by default.</summary>
    public GrpcTransportOptions Grpc { get; init; } = new();

    /// <summary>Makes the device.</summary>
    public IDevice CreateDevice() => new CpuDevice(new CpuOptions { Threads = Threads });
}

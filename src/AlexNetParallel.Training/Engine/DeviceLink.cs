using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// What stands between an engine's device and the world outside: tensors that cross, images that come in, time. On a device that computes in the host's memory there
/// is nothing to do but to call; a device with memory and a queue of its own needs copies, and an order among them.
/// </summary>
internal abstract class DeviceLink : IDisposable
{
    /// <summary>The link that suits a device.</summary>
    public static DeviceLink For(IDevice device, ITransport transport, Plan plan, int rank, bool keepGradients) =>
        device is CudaDevice cuda ? new CudaLink(cuda, transport, plan, rank, keepGradients) : new HostLink(device, transport);

    /// <summary>Where the times of steps are told one by one; null where nobody asks.</summary>
    public StepTrace? Trace { get; set; }

    /// <summary>Memory for a tensor that slabs leave or enter.</summary>
    public abstract DeviceBuffer Allocate(PlannedTensor tensor);

    /// <summary>A tick begins: where its images lie in the host's memory. They must stay until <see cref="Finish"/>.</summary>
    public abstract void Begin(nint images, TensorLayout? layout);

    /// <summary>The images; these blocks of them may be computed with.</summary>
    public abstract TensorView Images(BlockRange blocks);

    /// <summary>A slab's source has been computed, as far as the device was asked: it is sent as soon as it is there.</summary>
    public abstract void Send(Slab slab, long tick);

    /// <summary>Waits for a slab; what the device is asked for from now on finds it in its destination.</summary>
    public abstract void Receive(Slab slab, long tick);

    /// <summary>Runs a step, and sees to it that its time is counted at the latest by <see cref="Finish"/>.</summary>
    public abstract void Run(EngineStep step);

    /// <summary>
    /// Seconds since the engine was built in which the device had nothing to do because a slab was not there yet; null where computing and waiting are the same thread's,
    /// so that what that thread waited is it.
    /// </summary>
    public virtual double? StarvedSeconds => null;

    /// <summary>Waits until all is computed and all sends are on their way.</summary>
    public abstract void Finish();

    /// <inheritdoc/>
    public abstract void Dispose();
}

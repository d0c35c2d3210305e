using System.Diagnostics;
using AlexNetParallel.Devices;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Engine;

/// <summary>A device that computes in the host's memory: tensors that cross lie in the transport's, images where the feed has put them.</summary>
internal sealed class HostLink(IDevice device, ITransport transport) : DeviceLink
{
    private readonly Dictionary<nint, TensorView> images = [];
    private TensorView? current;

    public override DeviceBuffer Allocate(PlannedTensor tensor) => device.Wrap(transport.Allocate(tensor.Id, tensor.Layout.Size), tensor.Layout.Size);

    /// <summary>The feed uses a few addresses in turn, so views are made once.</summary>
    public override void Begin(nint address, TensorLayout? layout)
    {
        if (layout is null || images.TryGetValue(address, out current)) return;
        current = new TensorView(device.Wrap(address, layout.Size), layout);
        images.Add(address, current);
    }

    public override TensorView Images(BlockRange blocks) => current!;

    public override void Send(Slab slab, long tick) => transport.PostSend(slab.Id, tick);

    public override void Receive(Slab slab, long tick) => transport.WaitReceived(slab.Id, tick);

    public override void Run(EngineStep step)
    {
        var begin = Stopwatch.GetTimestamp();
        step.Run();
        var end = Stopwatch.GetTimestamp();
        step.StopwatchTicks += end - begin;
        Trace?.Add(step.Number, begin, end);
    }

    public override void Finish() => device.Synchronize();

    public override void Dispose()
    {
        foreach (var view in images.Values) view.Buffer.Dispose();
    }
}

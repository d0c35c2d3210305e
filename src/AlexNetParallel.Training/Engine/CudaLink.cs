using System.Diagnostics;
using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Peer;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// A CUDA device beside the host: computing, copies in and copies out are streams of their own, ordered by events. A slab that the transport cannot move from device to
/// device goes through the tensor's pinned host memory: copied out once it is computed, moved there by the transport, copied in on the other side. The engine's thread
/// never waits for a send; a thread of its own (<see cref="CudaSender"/>) does.
/// </summary>
internal sealed class CudaLink : DeviceLink
{
    private readonly CudaDevice device;
    private readonly ITransport transport;
    private readonly CudaQueue incoming;
    private readonly CudaQueue outgoing;
    private readonly CudaSender sender;
    private readonly CudaClock clock;
    private readonly PinnedHost pinned;
    private readonly Dictionary<int, (nint Host, DeviceBuffer Device)> crossing = [];
    private readonly TensorView? images;
    private readonly CudaMark[] arrived = [];
    private int imagesArrived;

    public CudaLink(CudaDevice device, ITransport transport, Plan plan, int rank, bool keepGradients)
    {
        (this.device, this.transport) = (device, transport);
        device.Reserve(device.PlanMemory(plan.Programs[rank], keepGradients));
        (incoming, outgoing, pinned) = (new CudaQueue(device), new CudaQueue(device), new PinnedHost(device));
        sender = new CudaSender(device, transport, plan.Slabs.Where(s => s.From == rank));
        clock = new CudaClock(device);
        if (plan.Programs[rank].Tensors.FirstOrDefault(t => t.Role == TensorRole.Image)?.Layout is not { } layout) return;
        images = new TensorView(device.Allocate(layout.Size), layout);
        device.Synchronize(); // its zeroing
        arrived = [.. Enumerable.Range(0, layout.Blocks.Count).Select(_ => new CudaMark(device))];
    }

    public override DeviceBuffer Allocate(PlannedTensor tensor)
    {
        var buffer = device.AllocateShareable(tensor.Layout.Size);
        crossing.Add(tensor.Id, (transport.Allocate(tensor.Id, tensor.Layout.Size), buffer));
        if (transport is PeerTransport { Memory: CudaPeerMemory memory }) memory.Add(tensor.Id, buffer);
        return buffer;
    }

    public override void Begin(nint address, TensorLayout? layout)
    {
        clock.Begin();
        if (images is null || layout is null) return;
        pinned.Pin(address, layout.Size * sizeof(float));
        imagesArrived = 0;
        // Block by block, so that the first can be computed while the others are on their way.
        for (var block = 0; block < arrived.Length; block++)
        {
            var offset = (nint)(block * layout.BlockSize * sizeof(float));
            incoming.CopyIn(address + offset, images.Buffer.Address + offset, layout.BlockSize);
            incoming.Mark(arrived[block]);
        }
    }

    public override TensorView Images(BlockRange blocks)
    {
        // A stream that waits for a block's copy has waited for those before it.
        var last = blocks.End - images!.Layout.Blocks.First;
        if (last > imagesArrived) arrived[last - 1].BeforeComputing();
        imagesArrived = Math.Max(imagesArrived, last);
        return images;
    }

    public override void Send(Slab slab, long tick)
    {
        if (transport.MovesBetweenDevices(slab.Id))
        {
            sender.MarkOf(slab).Computed();
        }
        else
        {
            var (host, buffer) = Staged(slab.SourceTensor);
            var (offset, floats) = Extent(slab.Source);
            outgoing.AfterComputing();
            outgoing.CopyOut(buffer.Address + offset, host + offset, floats);
            outgoing.Mark(sender.MarkOf(slab));
        }
        sender.Add(slab, tick);
    }

    public override void Receive(Slab slab, long tick)
    {
        sender.ThrowIfFailed();
        transport.WaitReceived(slab.Id, tick);
        clock.Received();
        if (transport.MovesBetweenDevices(slab.Id)) return;
        var (host, buffer) = Staged(slab.DestinationTensor);
        var (offset, floats) = Extent(slab.Destination);
        incoming.CopyIn(host + offset, buffer.Address + offset, floats);
        incoming.BeforeComputing();
    }

    public override void Run(EngineStep step)
    {
        if (step.Exchange is null)
        {
            clock.Run(step);
            return;
        }
        var begin = Stopwatch.GetTimestamp();
        step.Run();
        var end = Stopwatch.GetTimestamp();
        step.StopwatchTicks += end - begin;
        Trace?.Add(step.Number, begin, end);
    }

    public override double? StarvedSeconds => clock.StarvedSeconds;

    public override void Finish()
    {
        clock.Finish();
        device.Synchronize();
        sender.Drain();
        clock.Collect(Trace);
    }

    public override void Dispose()
    {
        sender.Dispose();
        outgoing.Synchronize();
        incoming.Synchronize();
        pinned.Dispose();
        clock.Dispose();
        foreach (var mark in arrived) mark.Dispose();
        images?.Buffer.Dispose();
        outgoing.Dispose();
        incoming.Dispose();
    }

    private (nint Host, DeviceBuffer Device) Staged(int tensor)
    {
        var staged = crossing[tensor];
        pinned.Pin(staged.Host, staged.Device.Length * sizeof(float));
        return staged;
    }

    /// <summary>
    /// The run of memory from a box's first float to its last: one copy. Where the tensor has a border, that of the box's channels travels too (for conv3 a third more);
    /// it is 0 on both sides.
    /// </summary>
    private static (nint Offset, long Floats) Extent(in StridedBox box)
    {
        var floats = box.IsContiguous ? box.Length : (box.Planes - 1) * box.PlaneStride + (box.Rows - 1) * box.RowStride + box.RowLength;
        return ((nint)(box.Offset * sizeof(float)), floats);
    }

    /// <summary>Host memory that is pinned while the engine lives: each address once.</summary>
    private sealed class PinnedHost(CudaDevice device) : IDisposable
    {
        private readonly Dictionary<nint, bool> known = [];

        public void Pin(nint address, long bytes)
        {
            if (!known.ContainsKey(address)) known.Add(address, device.Pin(address, bytes));
        }

        public void Dispose()
        {
            foreach (var (address, isPinned) in known)
                if (isPinned) device.Unpin(address);
        }
    }
}

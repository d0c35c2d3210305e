using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Direct;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange;

/// <summary>
/// This worker's end of one slab: where it lies, and where the worker's thread and the connection meet. The connection stands for the other
/// worker: it comes as the receiver when the peer's notice arrives, as the sender when the slab itself does.
/// </summary>
internal sealed unsafe class SlabRoute : IDisposable
{
    private readonly Slab slab;
    private readonly bool outgoing;
    private readonly float* tensor;
    private readonly Rendezvous* line;
    private readonly Bell* bell;
    private readonly nint halves;
    private readonly object gate = new(); // a monitor, not a Lock: the first contention of a Lock allocates
    private long overhead;
    private long earlyNotice;

    public SlabRoute(Slab slab, bool outgoing, nint tensor, Rendezvous* line, Bell* bell)
    {
        (this.slab, this.outgoing) = (slab, outgoing);
        this.tensor = (float*)tensor;
        this.line = line;
        this.bell = bell;
        if (slab.Wire == WireFormat.Half) halves = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, slab.Bytes), 64);
        Place = halves == 0 ? Rows(tensor, Box) : NativeRows.Contiguous(halves, checked((int)slab.Bytes));
    }

    public Slab Slab => slab;

    /// <summary>True if it leaves this worker.</summary>
    public bool IsOutgoing => outgoing;

    /// <summary>Where its bytes lie here: in the tensor, or beside it where they are halves.</summary>
    public NativeRows Place { get; }

    public Rendezvous* Line => line;

    /// <summary>Bytes sent for it besides its payload.</summary>
    public long Overhead => Volatile.Read(ref overhead);

    /// <summary>The peer's notice has come: its destination is free. True if the source is ready too, so that the slab can be sent.</summary>
    public bool Noticed(long tick)
    {
        lock (gate)
        {
            var arrival = Rendezvous.Come(line, Side.Receiver, tick);
            // The peer may have the last tick's slab, and ask for the next, before this side's send has returned.
            if (arrival == Rendezvous.Arrival.EarlierPending && earlyNotice == 0 && Rendezvous.Tick(line) < tick)
            {
                earlyNotice = tick;
                return false;
            }
            return Checked(arrival, tick) == Rendezvous.Arrival.Second;
        }
    }

    /// <summary>The slab itself begins to arrive; its destination must have been offered.</summary>
    public void Arriving(long tick)
    {
        if (Checked(Rendezvous.Come(line, Side.Sender, tick), tick) != Rendezvous.Arrival.Second)
            throw new InvalidDataException($"slab {slab.Id} of tick {tick} came before its destination was free");
        Rendezvous.Begin(line);
    }

    /// <summary>The slab is being handed to the connection.</summary>
    public void Leaving()
    {
        if (!outgoing) return;
        Rendezvous.Begin(line);
        if (halves != 0) HalfFloats.Pack(tensor, Box, halves);
    }

    /// <summary>It lies in its destination.</summary>
    public void Received(long tick)
    {
        if (halves != 0) HalfFloats.Unpack(halves, tensor, Box);
        Finish(tick);
    }

    /// <summary>The slab is handed on, or the notice is.</summary>
    /// <returns>The tick at which the slab can be sent next, if that is known already; else 0.</returns>
    public long Sent(long tick, int overheadBytes)
    {
        Volatile.Write(ref overhead, overhead + overheadBytes);
        if (!outgoing) return 0;
        lock (gate)
        {
            Finish(tick);
            (var next, earlyNotice) = (earlyNotice, 0);
            return next != 0 && Checked(Rendezvous.Come(line, Side.Receiver, next), next) == Rendezvous.Arrival.Second ? next : 0;
        }
    }

    /// <summary>Only when nothing moves any more.</summary>
    public void Dispose() => NativeMemory.AlignedFree((void*)halves);

    private StridedBox Box => outgoing ? slab.Source : slab.Destination;

    private Rendezvous.Arrival Checked(Rendezvous.Arrival arrival, long tick) => arrival is Rendezvous.Arrival.First or Rendezvous.Arrival.Second
        ? arrival
        : throw new InvalidDataException($"slab {slab.Id} came for tick {tick}, but stands at tick {Rendezvous.Tick(line)} here: ticks must rise, on all workers alike");

    private void Finish(long tick)
    {
        Rendezvous.Finish(line, tick, Place.Bytes);
        Bell.Ring(bell);
    }

    private static NativeRows Rows(nint tensor, in StridedBox box) => new(
        tensor + (nint)(box.Offset * sizeof(float)), box.Planes, box.Rows, box.RowLength * sizeof(float),
        box.PlaneStride * sizeof(float), box.RowStride * sizeof(float));
}

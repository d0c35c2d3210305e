using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Benchmarks;

/// <summary>
/// One worker's exchanges of a plan without anything between them: each tick sends and receives what a training step would, in the order of the
/// program. Measures what the exchanges cost by themselves, and checks every float that arrives.
/// </summary>
public sealed unsafe class PlanExchanges
{
    private readonly ITransport transport;
    private readonly Instruction[] steps;
    private readonly Slab[] incoming;
    private readonly Slab[] outgoing;
    private readonly Dictionary<int, nint> tensors = [];
    private readonly long[] wrong;
    private long lastTick;

    /// <summary>Allocates the tensors that slabs leave or enter; link up the transport with <see cref="Slabs"/> afterwards.</summary>
    /// <param name="plan">What crosses.</param>
    /// <param name="rank">This worker.</param>
    /// <param name="transport">Not linked up yet; stays the caller's.</param>
    public PlanExchanges(Plan plan, int rank, ITransport transport)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(transport);
        this.transport = transport;
        var program = plan.Programs[rank];
        steps = [.. program.Instructions.Where(i => i is SendInstruction or ReceiveInstruction)];
        incoming = [.. plan.Slabs.Where(s => s.To == rank)];
        outgoing = [.. plan.Slabs.Where(s => s.From == rank)];
        wrong = new long[plan.Exchanges.Count];
        foreach (var tensor in program.Tensors.Where(t => t.Crosses)) tensors.Add(tensor.Id, transport.Allocate(tensor.Id, tensor.Layout.Size));
    }

    /// <summary>The slabs that leave or enter this worker.</summary>
    public IReadOnlyList<Slab> Slabs => [.. incoming.Concat(outgoing).OrderBy(s => s.Id)];

    /// <summary>What the transport counted for an exchange, with the floats that arrived wrong.</summary>
    public ExchangeCounters Counters(int exchange) => transport.Counters(exchange) with { WrongFloats = wrong[exchange] };

    /// <summary>Sends and receives everything once.</summary>
    /// <param name="tick">Rises from call to call, on all workers alike.</param>
    /// <param name="check">Write numbers into every source before it is sent, and look for them where they arrive. It takes time that the others wait for.</param>
    public void Run(long tick, bool check)
    {
        if (lastTick > 0)
            foreach (var slab in outgoing) transport.WaitSent(slab.Id, lastTick);
        foreach (var slab in incoming) transport.PostReceive(slab.Id, tick);
        foreach (var step in steps)
        {
            if (step is SendInstruction send)
            {
                if (check) Fill(send.Slab, tick);
                transport.PostSend(send.Slab.Id, tick);
            }
            else if (step is ReceiveInstruction receive)
            {
                transport.WaitReceived(receive.Slab.Id, tick);
                if (check) wrong[receive.Slab.Exchange] += Count(receive.Slab, tick);
            }
        }
        lastTick = tick;
    }

    /// <summary>The number that stands at a place of a slab: another for each slab, tick and place, and one that its format on the wire holds exactly.</summary>
    private static float Number(Slab slab, long tick, long place) => (uint)(slab.Id * 2654435761u + tick * 40503 + place) % (slab.Wire == WireFormat.Half ? 2039u : 16_777_213u);

    private void Fill(Slab slab, long tick)
    {
        var place = 0L;
        foreach (var row in Rows(slab.Source, tensors[slab.SourceTensor]))
            for (var i = 0; i < slab.Source.RowLength; i++) ((float*)row)[i] = Number(slab, tick, place++);
    }

    private long Count(Slab slab, long tick)
    {
        var (place, count) = (0L, 0L);
        foreach (var row in Rows(slab.Destination, tensors[slab.DestinationTensor]))
            for (var i = 0; i < slab.Destination.RowLength; i++)
                if (((float*)row)[i] != Number(slab, tick, place++)) count++;
        return count;
    }

    private static IEnumerable<nint> Rows(StridedBox box, nint tensor)
    {
        for (var plane = 0; plane < box.Planes; plane++)
            for (var row = 0; row < box.Rows; row++)
                yield return tensor + (nint)((box.Offset + plane * box.PlaneStride + row * box.RowStride) * sizeof(float));
    }
}

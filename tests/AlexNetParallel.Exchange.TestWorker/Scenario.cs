using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>Something that two workers do over a transport, whatever carries the bytes, and wherever the two are. Throws at what is wrong.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Slabs">What crosses, between tensors of <see cref="Floats"/> floats with the slab's own number.</param>
/// <param name="Run">One worker's part.</param>
public sealed record Scenario(string Name, IReadOnlyList<Slab> Slabs, Action<int, ITransport> Run)
{
    /// <summary>Floats of each slab of <see cref="Simple"/>.</summary>
    public const int Floats = 64;

    /// <summary>A slab without strides between tensors of its own number.</summary>
    public static Slab Simple(int id, int from, int to) =>
        new(id, 0, from, to, id, new StridedBox(0, 1, 1, Floats, 0, 0), id, new StridedBox(0, 1, 1, Floats, 0, 0));

    /// <summary>The receiver does not even post the next slab before it has the last: no transport may let the first sent block the others.</summary>
    public static Scenario OtherOrder { get; } = new("slabs are taken in another order than they were sent", [Simple(0, 0, 1), Simple(1, 0, 1), Simple(2, 0, 1)], (rank, transport) =>
    {
        for (var tick = 1; tick <= 50; tick++)
        {
            foreach (var slab in rank == 0 ? (int[])[0, 1, 2] : [2, 0, 1])
            {
                if (rank == 0) transport.PostSend(slab, tick);
                else Receive(transport, slab, tick);
            }
            if (rank == 0) for (var slab = 0; slab < 3; slab++) transport.WaitSent(slab, tick);
        }
        Expect(150, transport.Counters(0).Messages);
    });

    /// <summary>The receiver of one tick may be at the next while the sender has not even seen that its slab is gone.</summary>
    public static Scenario TicksAtOnce { get; } = new("ticks follow each other at once", [Simple(0, 0, 1), Simple(1, 1, 0)], (rank, transport) =>
    {
        const int ticks = 3000;
        for (var tick = 1; tick <= ticks; tick++)
        {
            transport.PostReceive(1 - rank, tick);
            transport.PostSend(rank, tick);
            transport.WaitReceived(1 - rank, tick);
            if (tick % 7 == 0) transport.WaitSent(rank, tick);
        }
        transport.WaitSent(rank, ticks);
        Expect(2 * ticks, transport.Counters(0).Messages);
    });

    /// <summary>Not every slab moves at every tick.</summary>
    public static Scenario SlabsLeftOut { get; } = new("a tick leaves slabs out", [Simple(0, 0, 1), Simple(1, 1, 0) with { Exchange = 1 }], (rank, transport) =>
    {
        for (var tick = 1; tick <= 9; tick++)
        {
            for (var slab = 0; slab < 2; slab++)
            {
                if (slab == 1 && tick % 3 != 0) continue;
                if (rank != slab)
                {
                    Receive(transport, slab, tick);
                    continue;
                }
                transport.PostSend(slab, tick);
                transport.WaitSent(slab, tick);
            }
        }
        Expect(9, transport.Counters(0).Messages);
        Expect(3 * Floats * sizeof(float), rank == 0 ? transport.Counters(1).PayloadBytesReceived : transport.Counters(1).PayloadBytesSent);
    });

    /// <summary>All that need nothing but two workers.</summary>
    public static IReadOnlyList<Scenario> All { get; } = [OtherOrder, TicksAtOnce, SlabsLeftOut];

    /// <summary>Allocates what the slabs need.</summary>
    public void Allocate(ITransport transport)
    {
        for (var tensor = 0; tensor < Slabs.Count; tensor++) transport.Allocate(tensor, Floats);
    }

    /// <summary>Throws unless both are the same.</summary>
    public static void Expect(long expected, long found)
    {
        if (expected != found) throw new InvalidDataException($"found {found}; expected {expected}");
    }

    private static void Receive(ITransport transport, int slab, int tick)
    {
        transport.PostReceive(slab, tick);
        transport.WaitReceived(slab, tick);
    }
}

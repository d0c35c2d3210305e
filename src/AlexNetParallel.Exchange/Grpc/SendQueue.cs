namespace AlexNetParallel.Exchange.Grpc;

/// <summary>
/// What is to be sent to one peer: notices that a destination is free go before slabs, because the peer may be waiting for one while a
/// long slab would hold it up. Each slab is in it at most once, so that it never grows.
/// </summary>
internal sealed class SendQueue(int slabs)
{
    private readonly object gate = new();
    private readonly Ring notices = new(slabs);
    private readonly Ring payloads = new(slabs);
    private bool closed;

    /// <summary>Adds a slab to be sent, or, for one that enters this worker, a notice.</summary>
    public void Add(SlabRoute route, long tick)
    {
        lock (gate)
        {
            if (closed) return;
            (route.IsOutgoing ? payloads : notices).Add(route, tick);
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Nothing more will be added; what is in it is still sent.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Waits for the next to be sent, with its thread; null if there will be nothing more.</summary>
    /// <param name="tick">Its tick.</param>
    public SlabRoute? Take(out long tick)
    {
        lock (gate)
        {
            while (true)
            {
                if ((notices.Take(out tick) ?? payloads.Take(out tick)) is { } route) return route;
                if (closed) return null;
                Monitor.Wait(gate);
            }
        }
    }

    private sealed class Ring(int capacity)
    {
        private readonly (SlabRoute? Route, long Tick)[] entries = new (SlabRoute?, long)[capacity];
        private int first;
        private int count;

        public void Add(SlabRoute route, long tick)
        {
            if (count == entries.Length) throw new InvalidOperationException($"slab {route.Slab.Id} is queued twice");
            entries[(first + count++) % entries.Length] = (route, tick);
        }

        public SlabRoute? Take(out long tick)
        {
            tick = 0;
            if (count == 0) return null;
            (var route, tick) = entries[first];
            first = (first + 1) % entries.Length;
            count--;
            return route;
        }
    }
}

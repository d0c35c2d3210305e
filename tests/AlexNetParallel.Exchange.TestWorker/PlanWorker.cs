using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>
/// Runs ticks of a plan as an engine would, with posts and waits in an order drawn anew each tick, and checks every float: those that should
/// arrive, and those round them that nobody may touch.
/// </summary>
public sealed unsafe class PlanWorker
{
    private const float Untouched = -7;

    private readonly ITransport transport;
    private readonly int rank;
    private readonly Slab[] outgoing;
    private readonly Slab[] incoming;
    private readonly SharedFloats[] tensors;
    private readonly (Slab Slab, bool Receive)[] posts;
    private readonly (Slab Slab, bool Receive)[] waits;
    private readonly Random random;

    /// <summary>Allocates the worker's tensors.</summary>
    public PlanWorker(ITransport transport, RandomPlan plan, int rank, int seed)
    {
        this.transport = transport;
        this.rank = rank;
        random = new Random(seed * 31 + rank);
        Plan = plan;
        outgoing = [.. plan.Slabs.Where(s => s.From == rank)];
        incoming = [.. plan.Slabs.Where(s => s.To == rank)];
        posts = [.. outgoing.Select(s => (s, false)), .. incoming.Select(s => (s, true))];
        waits = [.. posts];
        tensors = [.. plan.Sizes[rank].Select((size, i) => new SharedFloats((float*)transport.Allocate(i, size), size))];
        foreach (var slab in incoming) new Span<float>(tensors[slab.DestinationTensor].First, (int)tensors[slab.DestinationTensor].Count).Fill(Untouched);
    }

    /// <summary>What is run.</summary>
    public RandomPlan Plan { get; }

    /// <summary>Links up.</summary>
    public Task ConnectAsync(IReadOnlyList<string> addresses, CancellationToken cancellation) =>
        transport.ConnectAsync([.. Plan.Slabs], addresses, cancellation);

    /// <summary>One tick; throws at the first float that is wrong.</summary>
    public void Run(long tick, bool check = true)
    {
        foreach (var slab in outgoing) ForEach(slab, slab.Source, tensors[slab.SourceTensor], tick, fill: true);
        random.Shuffle(posts);
        foreach (var (slab, receive) in posts)
        {
            if (receive) transport.PostReceive(slab.Id, tick);
            else transport.PostSend(slab.Id, tick);
        }
        random.Shuffle(waits);
        foreach (var (slab, receive) in waits)
        {
            if (!receive)
            {
                transport.WaitSent(slab.Id, tick);
                continue;
            }
            transport.WaitReceived(slab.Id, tick);
            if (check) ForEach(slab, slab.Destination, tensors[slab.DestinationTensor], tick, fill: false);
        }
    }

    /// <summary>Throws unless everything round the boxes is as it was.</summary>
    public void CheckUntouched()
    {
        foreach (var slab in incoming)
            ForEach(slab, slab.Destination, tensors[slab.DestinationTensor], -1, fill: true);
        foreach (var tensor in incoming.Select(s => s.DestinationTensor).Distinct())
        {
            var floats = new ReadOnlySpan<float>(tensors[tensor].First, (int)tensors[tensor].Count);
            if (floats.IndexOfAnyExcept(Untouched) is var at and >= 0)
                throw new InvalidDataException($"worker {rank}: float {at} of tensor {tensor} lies outside every box, and was written: {floats[at]}");
        }
    }

    /// <summary>Throws unless the counters tell exactly what the plan says for this number of ticks.</summary>
    public void CheckCounters(long ticks)
    {
        foreach (var exchange in posts.Select(p => p.Slab.Exchange).Distinct())
        {
            var counted = transport.Counters(exchange);
            var sent = outgoing.Where(s => s.Exchange == exchange).Sum(s => s.Bytes) * ticks;
            var received = incoming.Where(s => s.Exchange == exchange).Sum(s => s.Bytes) * ticks;
            var messages = posts.Count(p => p.Slab.Exchange == exchange) * ticks;
            if (counted.PayloadBytesSent != sent || counted.PayloadBytesReceived != received || counted.Messages != messages)
                throw new InvalidDataException($"worker {rank}, exchange {exchange}: {counted}, but the plan has {sent} sent, {received} received, {messages} messages");
            if (counted.ExposedSeconds <= 0)
                throw new InvalidDataException($"worker {rank}, exchange {exchange}: no time was counted");
        }
    }

    private void ForEach(Slab slab, in StridedBox box, SharedFloats tensor, long tick, bool fill)
    {
        var i = 0;
        for (var plane = 0; plane < box.Planes; plane++)
        {
            for (var row = 0; row < box.Rows; row++)
            {
                var at = tensor.First + box.Offset + plane * box.PlaneStride + row * box.RowStride;
                for (var x = 0; x < box.RowLength; x++, i++)
                {
                    var value = tick < 0 ? Untouched : Value(slab, tick, i);
                    if (fill) at[x] = value;
                    else if (at[x] != value)
                        throw new InvalidDataException($"worker {rank}, tick {tick}: float {i} of slab {slab.Id} is {at[x]}, not {value}");
                }
            }
        }
    }

    /// <summary>Tells slab, tick and place apart; exact in what crosses: a half holds 11 bits, a float 24.</summary>
    private static float Value(Slab slab, long tick, int i) => (slab.Id * 7919 + (int)tick * 104729 + i) & (slab.Wire == WireFormat.Half ? 0x7FF : 0xFFFFFF);

    private readonly record struct SharedFloats(nint Address, long Count)
    {
        public SharedFloats(float* first, long count) : this((nint)first, count) { }
        public float* First => (float*)Address;
    }
}

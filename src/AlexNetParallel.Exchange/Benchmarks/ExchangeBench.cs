using System.Diagnostics;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Benchmarks;

/// <summary>
/// Times one slab over a transport: workers 0 and 1 play ping-pong with it, so that half of a round trip is one way, and the clocks of two processes need not agree.
/// Each worker calls <see cref="Prepare"/>, links up (ListenAsync, ConnectAsync with <see cref="Slabs"/>), then <see cref="Run"/>.
/// </summary>
public sealed unsafe class ExchangeBench
{
    private readonly ITransport transport;
    private readonly int rank;
    private readonly StridedBox box;
    private readonly long floats;
    private readonly float* outgoing;
    private readonly float* incoming;
    private readonly (nint From, nint To)[] copies;

    private ExchangeBench(ITransport transport, int rank, in StridedBox box)
    {
        this.transport = transport;
        this.rank = rank;
        this.box = box;
        floats = box.Offset + (box.Planes - 1) * box.PlaneStride + (box.Rows - 1) * box.RowStride + box.RowLength;
        outgoing = (float*)transport.Allocate(0, floats);
        incoming = (float*)transport.Allocate(1, floats);
        copies = [((nint)outgoing, (nint)incoming), (transport.Allocate(2, floats), transport.Allocate(3, floats))];
    }

    /// <summary>What one block of one tower's half of conv3's input is in net 145: 128 channels of 13×13 pixels within a border of one, 32 cases; 2,768,896 bytes.</summary>
    public static StridedBox Conv3Slab { get; } =
        new TensorLayout(new BlockRange(0, 1), new ChannelSet(new ChannelRange(0, 128)), 13, 13, Border.All(1)).Box(0, new ChannelRange(0, 128));

    /// <summary>One run of floats.</summary>
    public static StridedBox Contiguous(int floats) => new(0, 1, 1, floats, 0, 0);

    /// <summary>The two slabs: 0 to 1, and back.</summary>
    public IReadOnlyList<Slab> Slabs => [new Slab(0, 0, 0, 1, 0, box, 1, box), new Slab(1, 0, 1, 0, 0, box, 1, box)];

    /// <summary>Allocates the tensors of one of the two workers.</summary>
    /// <param name="transport">Its transport, not linked up yet.</param>
    /// <param name="rank">0 or 1.</param>
    /// <param name="box">What crosses; the same place in the source and in the destination.</param>
    public static ExchangeBench Prepare(ITransport transport, int rank, in StridedBox box) => new(transport, rank, box);

    /// <summary>Plays; both workers call it with the same numbers.</summary>
    /// <param name="repeats">Round trips that are timed, 1 or more.</param>
    /// <param name="warmUp">Round trips before that.</param>
    /// <exception cref="InvalidDataException">A float arrived wrong.</exception>
    public ExchangeTiming Run(int repeats, int warmUp)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        new Span<float>(outgoing, (int)floats).Fill(rank + 1);
        var copy = MemoryCopy(Math.Min(repeats, 20));
        var times = new double[repeats];
        var (began, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (var tick = 1; tick <= warmUp + repeats; tick++)
        {
            transport.PostReceive(1 - rank, tick);
            if (rank == 0) transport.PostSend(0, tick);
            transport.WaitReceived(1 - rank, tick);
            if (rank == 1) transport.PostSend(1, tick);
            transport.WaitSent(rank, tick);
            var now = Stopwatch.GetTimestamp();
            if (tick > warmUp) times[tick - warmUp - 1] = Stopwatch.GetElapsedTime(began, now).TotalSeconds / 2;
            else if (tick == warmUp) processor = Environment.CpuUsage.TotalTime;
            began = now;
        }
        processor = Environment.CpuUsage.TotalTime - processor;
        Check();
        Array.Sort(times);
        return new ExchangeTiming(transport.Name, box.Bytes, repeats, times[0], times[repeats / 2], times[Math.Min(repeats - 1, repeats * 95 / 100)], box.Bytes / copy,
            processor.TotalSeconds / (2 * repeats));
    }

    /// <summary>
    /// Median seconds of one copy of as many bytes, without gaps, by one core, over memory of the same kind and as much of it: a round trip goes through four tensors, twice what a core's own
    /// copies to and fro would find in its caches.
    /// </summary>
    private double MemoryCopy(int repeats)
    {
        var times = new double[repeats];
        var count = Math.Max(1, (1 << 20) / box.Bytes); // the clock is too coarse for less
        for (var i = -2; i < repeats; i++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var n = 0; n < count; n++) Buffer.MemoryCopy((void*)copies[(i + n) & 1].From, (void*)copies[(i + n) & 1].To, box.Bytes, box.Bytes);
            if (i >= 0) times[i] = Stopwatch.GetElapsedTime(began).TotalSeconds / count;
        }
        new Span<float>(incoming, (int)floats).Clear();
        Array.Sort(times);
        return times[repeats / 2];
    }

    private void Check()
    {
        var right = new Span<float>(incoming, (int)floats).Count(2f - rank);
        if (right != box.Length) throw new InvalidDataException($"{box.Length - right} of {box.Length} floats arrived wrong over {transport.Name}");
    }
}

/// <summary>What <see cref="ExchangeBench"/> measured.</summary>
/// <param name="Transport">Name of the transport.</param>
/// <param name="Bytes">Payload of the slab.</param>
/// <param name="Repeats">Round trips timed.</param>
/// <param name="MinSeconds">Fastest, one way.</param>
/// <param name="MedianSeconds">Median, one way.</param>
/// <param name="P95Seconds">95 % of the slabs were not slower, one way.</param>
/// <param name="MemoryCopyBytesPerSecond">What one core copies, measured in the same run.</param>
/// <param name="ProcessorSeconds">Processor time of this process for one slab, one way: of both its ends where both are in this process.</param>
public sealed record ExchangeTiming(
    string Transport, long Bytes, int Repeats, double MinSeconds, double MedianSeconds, double P95Seconds, double MemoryCopyBytesPerSecond, double ProcessorSeconds)
{
    /// <summary>Payload by the median.</summary>
    public double BytesPerSecond => Bytes / MedianSeconds;

    /// <summary>Of what one core copies.</summary>
    public double OfMemoryCopy => BytesPerSecond / MemoryCopyBytesPerSecond;
}

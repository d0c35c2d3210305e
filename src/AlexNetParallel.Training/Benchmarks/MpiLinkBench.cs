using System.Collections.Concurrent;
using System.Globalization;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>Times slabs between two ranks of an MPI job on this machine, which, other than with the other transports, cannot be in one process.</summary>
public static class MpiLinkBench
{
    /// <summary>Makes `alexnet explore` one of the two ranks, and nothing else.</summary>
    public const string RankOption = "--link-rank";

    private const string Word = "link";
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(2);

    /// <summary>Starts the two and makes of what they found what <see cref="LinkCalibration"/> finds of the other transports.</summary>
    /// <param name="program">How a rank is started.</param>
    /// <exception cref="BenchException">A rank failed.</exception>
    public static async Task<Link> MeasureAsync(ProgramCommand program)
    {
        var lines = new ConcurrentQueue<string>();
        await using var children = new Supervisor();
        var ranks = Enumerable.Range(0, 2).Select(rank => (IReadOnlyList<string>)["explore", RankOption, rank.ToString(CultureInfo.InvariantCulture)]);
        var child = children.Start(Mpirun.Start(program, [.. ranks]) with { OnLine = lines.Enqueue });
        var exit = await child.Exited.WaitAsync(limit).ConfigureAwait(false);
        var found = lines.Select(l => l.Split(' ')).Where(w => w is [Word, _, _, _, _]).Select(w => w.Skip(1).Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToList()).ToList();
        if (exit.Code != 0 || found.Count != 2) throw new BenchException($"the link over mpi could not be measured: {exit.Describe()}: {string.Join(" / ", exit.LastLines)}");
        return LinkCalibration.Between((found.Average(f => f[0]), found.Average(f => f[1])), (found.Average(f => f[2]), found.Average(f => f[3])));
    }

    /// <summary>One rank's part; what it found, as <see cref="MeasureAsync"/> reads it.</summary>
    /// <param name="rank">0 or 1.</param>
    public static string MeasureRank(int rank)
    {
        var (empty, full) = (Time(rank, LinkCalibration.Short), Time(rank, LinkCalibration.Long));
        return string.Create(CultureInfo.InvariantCulture, $"{Word} {empty.MedianSeconds:R} {empty.ProcessorSeconds:R} {full.MedianSeconds:R} {full.ProcessorSeconds:R}");
    }

    private static ExchangeTiming Time(int rank, (StridedBox Box, int Repeats, int WarmUp) slab)
    {
        using var transport = new MpiTransport(rank, 2);
        var bench = ExchangeBench.Prepare(transport, rank, slab.Box);
        transport.ListenAsync(CancellationToken.None).GetAwaiter().GetResult();
        transport.ConnectAsync(bench.Slabs, [MpiTransport.AddressOf(0), MpiTransport.AddressOf(1)], CancellationToken.None).GetAwaiter().GetResult();
        return bench.Run(slab.Repeats, slab.WarmUp);
    }
}

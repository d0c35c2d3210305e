using System.Diagnostics;
using AlexNetParallel.Devices;
using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Exchange.Grpc;
using AlexNetParallel.Exchange.Peer;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>Measures what forecasts need to know of this machine: the rate of each kind of work at the sizes that a few networks have, and each transport.</summary>
/// <param name="device">Makes a worker's device.</param>
/// <param name="log">Is told what is being measured.</param>
public sealed class Calibration(Func<IDevice> device, Action<string> log)
{
    private const int Steps = 3;

    /// <summary>Measures.</summary>
    /// <param name="networks">What to measure with, and its batch: forecasts are best for work of the sizes that occur there.</param>
    /// <param name="name">What the machine is to be called.</param>
    public Machine Measure(IReadOnlyList<(Network Network, int Batch)> networks, string name)
    {
        ArgumentNullException.ThrowIfNull(networks);
        var points = new List<(WorkKind Kind, double Amount, double Seconds)>();
        var overhead = double.PositiveInfinity;
        foreach (var (network, batch) in networks)
        {
            log($"work: {network.Name}, batch {batch}, {Steps} steps on one worker");
            var (found, wall) = Work(network, batch);
            points.AddRange(found.Select(p => (p.Kind, p.Amount, p.Seconds)));
            overhead = Math.Min(overhead, Math.Max(0, wall - found.Sum(p => p.Seconds * p.Count)));
        }
        var rates = points.GroupBy(p => p.Kind).ToDictionary(g => g.Key, g => (IReadOnlyList<Rate>)[.. g.GroupBy(p => Math.Round(p.Amount)).OrderBy(p => p.Key)
            .Select(p => new Rate(p.Key, p.Key / p.Select(x => x.Seconds).Order().ElementAt(p.Count() / 2)))]);
        foreach (var kind in Enum.GetValues<WorkKind>()) rates.TryAdd(kind, rates[WorkKind.Memory]);
        log("two workers at once");
        var slowdown = Environment.ProcessorCount > 1 ? Slowdown(networks[0].Network, networks[0].Batch) : 1;
        var links = new Dictionary<string, Link>();
        foreach (var transport in (string[])["peer", "grpc", ExchangeSuite.GrpcUnix])
        {
            log($"transport: {transport}");
            links.Add(transport, MeasureLink(transport));
        }
        return new Machine(name, $"measured by alexnet explore --calibrate on {Environment.MachineName}", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)Environment.ProcessorCount,
            rates, links, Environment.ProcessorCount, slowdown, overhead);
    }

    /// <summary>Mean seconds of each instruction by kind and size, and of a whole step.</summary>
    private (IReadOnlyList<(WorkKind Kind, double Amount, double Seconds, int Count)> Points, double Wall) Work(Network network, int batch)
    {
        var plan = Plan.Compile(network, PartitionFile.Load("single"), 1, batch);
        using var run = new Run(plan, device);
        run.Step(1);
        run.Engine.ResetTimes();
        var began = Stopwatch.GetTimestamp();
        for (var step = 2; step < 2 + Steps; step++) run.Step(step);
        var wall = Stopwatch.GetElapsedTime(began).TotalSeconds / Steps;
        var program = plan.Programs[0];
        var points = run.Engine.Times.Select(t => (Work: Model.Forecasting.Work.Of(t.Instruction, program, CaseBlock.Cases), Seconds: t.Seconds / Steps))
            .Where(t => t.Work.Bytes > 0 && t.Seconds > 0)
            .GroupBy(t => (t.Work.Kind, Amount: Math.Round(t.Work.Flop > 0 ? t.Work.Flop : t.Work.Bytes)))
            .Select(g => (g.Key.Kind, g.Key.Amount, g.Average(t => t.Seconds), g.Count())).ToList();
        return (points, wall);
    }

    /// <summary>How much longer a step takes when as many workers as there are cores run at once.</summary>
    private double Slowdown(Network network, int batch)
    {
        var plan = Plan.Compile(network, PartitionFile.Load("single"), 1, batch);
        var runs = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Run(plan, device)).ToList();
        try
        {
            double Time(int workers)
            {
                var times = new double[workers];
                for (var i = -1; i < 2 * Steps; i++)
                {
                    var began = Stopwatch.GetTimestamp();
                    Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, w =>
                    {
                        runs[w].Step(i + 10 + (workers * 100));
                        if (i >= 0) times[w] += Stopwatch.GetElapsedTime(began).TotalSeconds;
                    });
                }
                return times.Average();
            }
            return Math.Max(1, Time(runs.Count) / Time(1));
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
        }
    }

    private static Link MeasureLink(string transport)
    {
        var (shortTime, _) = Time(transport, ExchangeBench.Contiguous(1), 300);
        var box = ExchangeBench.Conv3Slab;
        var (longTime, busy) = Time(transport, box, 60);
        return new Link(shortTime, box.Bytes / Math.Max(1e-9, longTime - shortTime), Math.Min(1, busy));
    }

    /// <summary>Median seconds of one way, and the processor time that both ends together used in that time.</summary>
    private static (double Seconds, double Busy) Time(string transport, StridedBox box, int repeats)
    {
        var sockets = Directory.CreateTempSubdirectory("alexnet-calibrate-");
        ITransport[] pair = [.. Enumerable.Range(0, 2).Select(rank => (ITransport)(transport switch
        {
            "peer" => new PeerTransport(rank, 2),
            ExchangeSuite.GrpcUnix => new GrpcTransport(rank, 2, new GrpcTransportOptions { Listen = RpcAddress.Unix(Path.Combine(sockets.FullName, $"{rank}")) }),
            _ => new GrpcTransport(rank, 2),
        }))];
        try
        {
            ExchangeBench[] benches = [.. pair.Select((t, rank) => ExchangeBench.Prepare(t, rank, box))];
            var addresses = Task.WhenAll(pair.Select(t => t.ListenAsync(CancellationToken.None))).GetAwaiter().GetResult();
            Task.WhenAll(pair.Select((t, rank) => t.ConnectAsync(benches[rank].Slabs, addresses, CancellationToken.None))).GetAwaiter().GetResult();
            var timings = new ExchangeTiming[2];
            var (cpu, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            var threads = benches.Select((bench, rank) => new Thread(() => timings[rank] = bench.Run(repeats, repeats / 10 + 2))).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            return (timings[0].MedianSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        finally
        {
            foreach (var end in pair) end.Dispose();
            sockets.Delete(recursive: true);
        }
    }

    /// <summary>One worker with a batch of noise.</summary>
    private sealed class Run : IDisposable
    {
        private readonly LocalWorkers workers;
        private readonly DeviceBuffer images;
        private readonly int[] labels;
        private readonly UpdateRule[] rules;

        public Run(Plan plan, Func<IDevice> device)
        {
            workers = new LocalWorkers(plan, _ => device(), seed: 1);
            images = Engine.Device.Allocate(Engine.ImageLayout!.Size);
            var random = new Random(1);
            var pixels = new float[Engine.ImageLayout.Size];
            for (var i = 0; i < pixels.Length; i++) pixels[i] = random.NextSingle() - 0.5f;
            images.Write(pixels);
            labels = [.. Enumerable.Range(0, plan.Batch).Select(_ => random.Next(plan.Network.Classes))];
            rules = [.. plan.Network.Layers.Select(_ => new UpdateRule(0.001f, 0.001f, 0.9f, 0.0005f, plan.Batch))];
        }

        public WorkerEngine Engine => workers.Engines[0];

        public void Step(long step) => workers.Run(Split.Train, step, images, labels, rules);

        public void Dispose()
        {
            images.Dispose();
            workers.Dispose();
        }
    }
}

using System.Diagnostics;
using AlexNetParallel.Devices;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Engine;
using AlexNetParallel.Training.Jobs;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>Measures what forecasts need to know of this machine: the rate of each kind of work at the sizes that a few networks have, and each transport.</summary>
/// <param name="device">Makes a worker's device.</param>
/// <param name="log">Is told what is being measured.</param>
/// <param name="program">This program, for what needs processes of its own; null: that is left out.</param>
public sealed class Calibration(Func<IDevice> device, Action<string> log, ProgramCommand? program = null)
{
    private const int Steps = 5;

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
            var (found, besides) = Measure(network, batch);
            points.AddRange(found);
            overhead = Math.Min(overhead, besides);
        }
        var rates = points.GroupBy(p => p.Kind).ToDictionary(g => g.Key, g => (IReadOnlyList<Rate>)[.. g.GroupBy(p => Math.Round(p.Amount)).OrderBy(p => p.Key)
            .Select(p => new Rate(p.Key, p.Key / Median(p.Select(x => x.Seconds))))]);
        foreach (var kind in Enum.GetValues<WorkKind>()) rates.TryAdd(kind, rates[WorkKind.Memory]);
        log("as many workers as there are cores at once");
        var slowdown = Environment.ProcessorCount > 1 ? MeasureSlowdown(networks[0].Network, networks[0].Batch) : 1;
        var links = new Dictionary<string, Link>();
        foreach (var transport in LinkCalibration.Transports)
        {
            log($"transport: {transport}");
            links.Add(transport, LinkCalibration.Measure(transport, log));
        }
        if (program is not null && Mpirun.Problem is null)
        {
            log($"transport: {TransportFactory.Mpi}");
            links.Add(TransportFactory.Mpi, MpiLinkBench.MeasureAsync(program).GetAwaiter().GetResult());
        }
        return new Machine(name, $"measured by alexnet explore --calibrate on {Environment.MachineName}", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)Environment.ProcessorCount,
            rates, links, Environment.ProcessorCount, slowdown, overhead, Hosts: 1);
    }

    /// <summary>Median seconds of each instruction, by kind and size, and of what a step takes besides.</summary>
    private (IReadOnlyList<(WorkKind Kind, double Amount, double Seconds)> Points, double Overhead) Measure(Network network, int batch)
    {
        var plan = Plan.Compile(network, PartitionFile.Load("single"), 1, batch);
        using var run = new Run(plan, device);
        run.Step(1);
        var work = plan.Programs[0].Instructions.Select(i => Work.Of(i, plan.Programs[0], CaseBlock.Cases)).ToList();
        var seconds = new double[Steps][];
        var besides = new double[Steps];
        for (var step = 0; step < Steps; step++)
        {
            run.Engine.ResetTimes();
            var began = Stopwatch.GetTimestamp();
            run.Step(2 + step);
            var wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
            seconds[step] = [.. run.Engine.Times.Select(t => t.Seconds)];
            besides[step] = Math.Max(0, wall - seconds[step].Sum());
        }
        var points = work.Select((w, i) => (w.Kind, Amount: Math.Round(w.Flop > 0 ? w.Flop : w.Bytes), Seconds: Median(seconds.Select(s => s[i]))))
            .Where(p => p.Amount > 0 && p.Seconds > 0).ToList();
        return (points, Median(besides));
    }

    /// <summary>How much longer a step takes when as many workers as there are cores run at once: measured in turns, because a machine's speed changes.</summary>
    private double MeasureSlowdown(Network network, int batch)
    {
        var plan = Plan.Compile(network, PartitionFile.Load("single"), 1, batch);
        var runs = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Run(plan, device)).ToList();
        try
        {
            double Time(int workers, int step)
            {
                var times = new double[workers];
                var threads = Enumerable.Range(0, workers).Select(w => new Thread(() =>
                {
                    var began = Stopwatch.GetTimestamp();
                    runs[w].Step(step);
                    times[w] = Stopwatch.GetElapsedTime(began).TotalSeconds;
                })).ToList();
                threads.ForEach(t => t.Start());
                threads.ForEach(t => t.Join());
                return times.Average();
            }
            for (var step = 1; step <= 2; step++) Time(runs.Count, step);
            var ratios = Enumerable.Range(1, 2 * Steps).Select(i => Time(runs.Count, 2 * i + 1) / Time(1, 2 * i + 2));
            return Math.Max(1, Median(ratios));
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
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

using AlexNetParallel.Devices;
using AlexNetParallel.Exchange.InProcess;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// All workers of a plan as threads of this process, exchanging through its memory: the same programs as separate processes run, for tests and for
/// looking at a network's inside. Not thread-safe.
/// </summary>
public sealed class LocalWorkers : IDisposable
{
    private readonly InProcessHub hub;
    private readonly IDevice[] devices;
    private readonly WorkerEngine[] engines;
    private long ticks;

    /// <param name="plan">What to run.</param>
    /// <param name="device">Makes a device for each rank; they are disposed with this object.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="keepGradients">See <see cref="WorkerEngine"/>.</param>
    public LocalWorkers(Plan plan, Func<int, IDevice> device, ulong seed, bool keepGradients = false)
    {
        hub = new InProcessHub(plan.Workers);
        devices = [.. Enumerable.Range(0, plan.Workers).Select(device)];
        engines = [.. devices.Select((d, rank) => new WorkerEngine(plan, rank, d, hub[rank], seed, keepGradients))];
        var addresses = Task.WhenAll(engines.Select((_, rank) => hub[rank].ListenAsync(CancellationToken.None))).GetAwaiter().GetResult();
        Task.WhenAll(engines.Select(e => hub[e.Rank].ConnectAsync(e.Slabs, addresses, CancellationToken.None))).GetAwaiter().GetResult();
    }

    /// <summary>The workers' engines, by rank.</summary>
    public IReadOnlyList<WorkerEngine> Engines => engines;

    /// <summary>What a worker has counted for an exchange.</summary>
    public Exchange.ExchangeCounters Counters(int rank, int exchange) => hub[rank].Counters(exchange);

    /// <summary>Runs one tick on all workers at once.</summary>
    /// <param name="split">Training step or test batch.</param>
    /// <param name="step">Training steps begun, this one included.</param>
    /// <param name="images">The input tensor in the layout of the first worker that reads images.</param>
    /// <param name="labels">Label of each case; their number is the number of cases.</param>
    /// <param name="rates">Update rule of each layer by number.</param>
    /// <returns>The sums over all cases.</returns>
    public unsafe LossSums Run(Split split, long step, DeviceBuffer images, int[] labels, UpdateRule[] rates)
    {
        var tick = new Tick(++ticks, split, step, 0, 0, labels.Length, 0);
        var address = ((Devices.Cpu.CpuBuffer)images).Address;
        fixed (int* pointer = labels)
        {
            var labelsAddress = (nint)pointer;
            var runs = engines.Select(e => Task.Factory.StartNew(() =>
            {
                try
                {
                    return e.Run(tick, address, labelsAddress, rates);
                }
                catch (Exception failure)
                {
                    foreach (var other in engines) hub[other.Rank].Abort($"worker {e.Rank} failed: {failure.Message}");
                    throw;
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            Task.WaitAll(runs);
            return runs.Aggregate(default(LossSums), (sum, run) => sum + run.Result);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var engine in engines) engine.Dispose();
        for (var rank = 0; rank < engines.Length; rank++) hub[rank].Dispose();
        foreach (var device in devices) device.Dispose();
    }
}

// One worker of a random plan as a process of its own: worker.dll TRANSPORT WORKERS RANK SEED TICKS
// Says "address A", reads a line with a JSON array of all addresses, says "connected", then runs.
// TICKS 0: for ever; -1: never posts anything. Ends with "done ..." and 0, or "failed ..." and 3; and when its input ends (its parent is gone).
// Or, started by mpirun, one rank of an MPI job: worker.dll mpi contract, or worker.dll mpi until TICK, at which worker 0 fails (0: never). Ends with "done" and 0, or "failed ..." and 3.
using System.Diagnostics;
using System.Text.Json;
using AlexNetParallel.Exchange;
using AlexNetParallel.Exchange.TestWorker;

const int WarmUp = 100;
if (args[0] == "mpi")
{
    try
    {
        var ranks = new MpiRanks();
        if (args[1] == "contract") ranks.KeepContract();
        else ranks.ExchangeUntil(int.Parse(args[2]));
        Console.WriteLine("done");
        return 0;
    }
    catch (Exception e)
    {
        Console.WriteLine($"failed {e.GetType().Name}: {e.Message}");
        Thread.Sleep(1000); // the first to end ends the others at once: they have their say before that, as workers have at the coordinator
        return 3;
    }
}
var (name, workers, rank, seed, ticks) = (args[0], int.Parse(args[1]), int.Parse(args[2]), int.Parse(args[3]), long.Parse(args[4]));
using var transport = Transports.Create(name, rank, workers);
try
{
    await RunAsync();
    return 0;
}
catch (Exception e)
{
    // As an engine does: the peers learn why.
    transport.Abort(e.Message);
    Console.WriteLine($"failed {e.GetType().Name}: {e.Message}");
    return 3;
}

async Task RunAsync()
{
    var worker = new PlanWorker(transport, new RandomPlan(workers, seed), rank, seed);
    Console.WriteLine($"address {await transport.ListenAsync(CancellationToken.None)}");
    var addresses = JsonSerializer.Deserialize<string[]>(Console.ReadLine()!)!;
    await worker.ConnectAsync(addresses, CancellationToken.None);
    if (ticks <= 0) EndWithParent();
    Console.WriteLine("connected");
    if (ticks < 0) Thread.Sleep(Timeout.Infinite);

    long tick = 0, onThread = 0, inAll = 0;
    while (ticks == 0 || tick < ticks)
    {
        if (tick == Math.Min(WarmUp, ticks / 2)) (onThread, inAll) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes(precise: true));
        worker.Run(++tick, check: tick <= WarmUp);
    }
    (onThread, inAll) = (GC.GetAllocatedBytesForCurrentThread() - onThread, GC.GetTotalAllocatedBytes(precise: true) - inAll);
    worker.CheckUntouched();
    worker.CheckCounters(ticks);
    Console.WriteLine($"done {onThread} {inAll}");
}

// A worker that would run for ever must not outlive its parent.
static void EndWithParent() => new Thread(() =>
{
    Console.In.ReadToEnd();
    Process.GetCurrentProcess().Kill();
})
{ IsBackground = true }.Start();

using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Training.Jobs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options that say what a worker runs on. They belong to the machine, not to the run: on one kind of device none changes a bit of the result.</summary>
internal sealed class MachineArguments
{
    private readonly Option<string?> device = new("--device") { Description = "What workers compute on [default: cpu]", HelpName = "cpu|cuda" };
    private readonly Option<string?> driver = new("--driver")
    {
        Description = "With --device cuda: NVIDIA's driver, or the project's own, which runs CUDA on this processor: slow, and needs no GPU [default: real]",
        HelpName = "real|soft",
    };
    private readonly Option<int[]?> devices = Numbers.ListOption("--devices",
        "With --device cuda: numbers of the devices, one for each worker in turn; workers may share one (0,0) [default: all there are]");
    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads of each worker [default: 1]", 1);
    private readonly Option<int?> feedThreads = Numbers.Option("--feed-threads", "Threads that decode images, on each host [default: 1]", 1);

    public MachineArguments()
    {
        device.AcceptOnlyFromAmong("cpu", "cuda");
        driver.AcceptOnlyFromAmong("real", "soft");
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [device, driver, devices, threads, feedThreads];

    /// <summary>The same as arguments of a worker process. Where a driver is asked for that this machine lacks, it is said here, before any worker starts.</summary>
    /// <exception cref="UsageException">They do not fit together.</exception>
    /// <exception cref="CudaException">CUDA was asked for and cannot be had.</exception>
    public IReadOnlyList<string> WorkerArguments(VerbContext context)
    {
        var job = JobOptions(context);
        if (job.Cuda is { } kind)
        {
            CudaDriver.Open(kind);
            foreach (var number in job.Devices) CudaDriver.Describe(number);
        }
        var result = new List<string>();
        if (context.Get(device) is { } name) result.AddRange([device.Name, name]);
        if (context.Get(driver) is { } which) result.AddRange([driver.Name, which]);
        if (context.Get(devices) is { Length: > 0 } numbers) result.AddRange([devices.Name, string.Join(',', numbers)]);
        if (context.Get(threads) is { } count) result.AddRange([threads.Name, count.ToString(CultureInfo.InvariantCulture)]);
        if (context.Get(feedThreads) is { } feeders) result.AddRange([feedThreads.Name, feeders.ToString(CultureInfo.InvariantCulture)]);
        return result;
    }

    /// <summary>The same for the job.</summary>
    /// <exception cref="UsageException">They do not fit together.</exception>
    public TrainingJobOptions JobOptions(VerbContext context)
    {
        var cuda = context.Get(device) == "cuda";
        if (!cuda && (context.IsGiven(driver) ? driver.Name : context.IsGiven(devices) ? devices.Name : null) is { } only)
            throw new UsageException($"found {only}; it is for --device cuda");
        return new TrainingJobOptions
        {
            Threads = context.Get(threads) ?? 1,
            FeedThreads = context.Get(feedThreads) ?? 1,
            Cuda = !cuda ? null : context.Get(driver) == "soft" ? CudaDriverKind.Soft : CudaDriverKind.Real,
            Devices = context.Get(devices) ?? [],
        };
    }
}

using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Training.Jobs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options that say what a worker runs on. They belong to the machine, not to the run: none changes a bit of the result.</summary>
internal sealed class MachineArguments
{
    private readonly Option<string?> device = new("--device") { Description = "What workers compute on [default: cpu]", HelpName = "cpu" };
    private readonly Option<int?> threads = Numbers.Option("--threads", "Threads of each worker [default: 1]", 1);
    private readonly Option<int?> feedThreads = Numbers.Option("--feed-threads", "Threads that decode images, on each host [default: 1]", 1);

    public MachineArguments() => device.AcceptOnlyFromAmong("cpu");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [device, threads, feedThreads];

    /// <summary>The same as arguments of a worker process.</summary>
    public IReadOnlyList<string> WorkerArguments(VerbContext context)
    {
        var result = new List<string>();
        if (context.Get(device) is { } name) result.AddRange([device.Name, name]);
        if (context.Get(threads) is { } number) result.AddRange([threads.Name, number.ToString(CultureInfo.InvariantCulture)]);
        if (context.Get(feedThreads) is { } feeders) result.AddRange([feedThreads.Name, feeders.ToString(CultureInfo.InvariantCulture)]);
        return result;
    }

    /// <summary>The same for the job.</summary>
    public TrainingJobOptions JobOptions(VerbContext context) => new() { Threads = context.Get(threads) ?? 1, FeedThreads = context.Get(feedThreads) ?? 1 };
}

namespace AlexNetParallel.Training.Processes;

/// <summary>How a child process ended.</summary>
/// <param name="Name">What it was, e.g. "worker 1".</param>
/// <param name="Pid">Its process id; 0 where a launcher tells of the end and does not know it.</param>
/// <param name="Code">Exit code; 128 + n when signal n ended it.</param>
/// <param name="LastLines">The last lines that it wrote to standard output and error, oldest first.</param>
/// <param name="MemoryRanOut">True when the kernel killed a process of this machine for lack of memory while the child ran.</param>
public sealed record ChildExit(string Name, int Pid, int Code, IReadOnlyList<string> LastLines, bool MemoryRanOut)
{
    /// <summary>This program's exit code when it was interrupted (Ctrl-C, SIGTERM).</summary>
    public const int Interrupted = 130;

    private static readonly Dictionary<int, string> signals = new()
    {
        [1] = "SIGHUP",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [5] = "SIGTRAP",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [14] = "SIGALRM",
        [15] = "SIGTERM",
        [24] = "SIGXCPU",
        [25] = "SIGXFSZ",
        [31] = "SIGSYS",
    };

    /// <summary>Name of the signal that ended it, null when it ended by itself.</summary>
    public string? Signal => Code <= 128 || Code == Interrupted ? null : signals.GetValueOrDefault(Code - 128, $"signal {Code - 128}");

    /// <summary>One sentence, without a full stop: "worker 1 (pid 1234) was killed by SIGKILL".</summary>
    public string Describe() => $"{Name} (pid {Pid}) " + Signal switch
    {
        "SIGKILL" when MemoryRanOut => "was killed by SIGKILL (the kernel has killed a process for lack of memory meanwhile)",
        "SIGABRT" => "was ended by SIGABRT (the runtime gave up: an exception that nobody caught, or a fatal error)",
        { } signal => $"was killed by {signal}",
        null when Code == Interrupted => "was interrupted",
        null => $"ended with exit code {Code}",
    };
}

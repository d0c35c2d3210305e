using System.Globalization;
using System.Text.RegularExpressions;

namespace AlexNetParallel.Training.Processes;

/// <summary>Open MPI's launcher: starts processes of this machine as the ranks of one MPI job, and ends all of them when one fails.</summary>
public static partial class Mpirun
{
    private const string Name = "mpirun";

    /// <summary>
    /// Stands between this process and mpirun, so that mpirun ends when this process does, whatever ends it, and cleans up: the kernel sends the parent-death signal once for each thread that
    /// the child was handed to, and a second signal makes mpirun leave its files behind, as a broken pipe does. TERM: at its end mpirun writes control characters to what it takes for a terminal.
    /// </summary>
    private const string Keeper = """
        trap '' PIPE
        trap 'trap "" TERM; kill -TERM "$job"' TERM
        TERM=dumb setpriv --pdeathsig TERM mpirun "$@" &
        job=$!
        while wait "$job"; code=$?; kill -0 "$job" 2> /dev/null; do :; done
        exit "$code"
        """;

    /// <summary>Where it is; null if it is not in PATH.</summary>
    public static string? Path => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(f => f.Length > 0).Select(f => System.IO.Path.Combine(f, Name)).FirstOrDefault(File.Exists);

    /// <summary>Why it cannot be used; null if it is there.</summary>
    public static string? Problem => Path is null ? $"found no {Name} in PATH; expected Open MPI's (Debian: apt-get install openmpi-bin)" : null;

    /// <summary>What to start, so that the ranks of a job are this program's workers.</summary>
    /// <param name="program">How a worker is started.</param>
    /// <param name="arguments">Arguments of each worker; its place here is its rank in the job.</param>
    public static ChildStart Start(ProgramCommand program, IReadOnlyList<IReadOnlyList<string>> arguments)
    {
        List<string> words = [];
        if (Environment.IsPrivilegedProcess) words.Add("--allow-run-as-root");
        // Ranks share cores as the system sees fit, as other workers do; nothing leaves the machine.
        words.AddRange(["--oversubscribe", "--bind-to", "none", "--mca", "btl", "^tcp", "--mca", "oob_tcp_if_include", "lo"]);
        for (var rank = 0; rank < arguments.Count; rank++)
        {
            if (rank > 0) words.Add(":");
            words.AddRange(["-n", "1", "-x", string.Create(CultureInfo.InvariantCulture, $"{ParentGuard.NameVariable}=worker {rank}"), program.File, .. program.Arguments, .. arguments[rank]]);
        }
        // In a session of its own it hears of no Ctrl-C: this process ends the run in order.
        return new ChildStart(Name, new ProgramCommand("setpriv", ["--pdeathsig", "TERM", "setsid", "sh", "-c", Keeper, Name, .. words]), []) { IsLauncher = true };
    }

    /// <summary>Which rank brought a job to its end, and how that rank ended, as mpirun has written it; null if it has not.</summary>
    public static (int Rank, ChildExit Exit)? Culprit(ChildExit launcher)
    {
        ArgumentNullException.ThrowIfNull(launcher);
        var text = string.Join('\n', launcher.LastLines);
        var killed = Killed().Match(text);
        var ended = Ended().Match(text);
        if (!killed.Success && !ended.Success) return null;
        var rank = Number(killed.Success ? killed.Groups["rank"] : ended.Groups["rank"]);
        var code = killed.Success ? 128 + Number(killed.Groups["signal"]) : Number(ended.Groups["code"]);
        return (rank, launcher with { Name = string.Create(CultureInfo.InvariantCulture, $"worker {rank}"), Pid = 0, Code = code });
    }

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"process rank (?<rank>\d+) .* exited on signal (?<signal>\d+)")]
    private static partial Regex Killed();

    [GeneratedRegex(@"Process name: \[.*,(?<rank>\d+)\]\s+Exit code:\s+(?<code>\d+)")]
    private static partial Regex Ended();
}

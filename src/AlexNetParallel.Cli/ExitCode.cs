using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Cli;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Failed; the message says why.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage, or a wrong file.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted by Ctrl-C, SIGTERM or SIGHUP.</summary>
    public const int Interrupted = 130;

    /// <summary>The code for the end of a run.</summary>
    public static int Of(RunOutcome outcome) => outcome switch { RunOutcome.Done => Done, RunOutcome.Interrupted => Interrupted, _ => Failed };
}

/// <summary>Arguments that do not fit together. The message says what was found and what was expected.</summary>
internal sealed class UsageException(string message) : Exception(message);

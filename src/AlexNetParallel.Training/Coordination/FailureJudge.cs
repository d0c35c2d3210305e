namespace AlexNetParallel.Training.Coordination;

/// <summary>What became of a worker, the worst first: where several are reported together, the first in this order is the cause and the others follow from it.</summary>
internal enum FailureKind
{
    /// <summary>Its process was killed, or ended without a word.</summary>
    Died,
    /// <summary>It reported an error of its own.</summary>
    Error,
    /// <summary>The coordinator itself could not go on: workers that do not agree, a checkpoint that cannot be written.</summary>
    Coordinator,
    /// <summary>Its stream broke, or it was silent for too long.</summary>
    Lost,
    /// <summary>It noticed that another worker, or the run, was gone.</summary>
    Consequence,
}

/// <summary>One report of a failure.</summary>
/// <param name="Kind">Of which kind.</param>
/// <param name="Rank">Which worker; −1 for none.</param>
/// <param name="Reason">One sentence, without a full stop.</param>
/// <param name="Place">Where it was.</param>
/// <param name="LastLines">What it wrote last.</param>
internal sealed record FailureReport(FailureKind Kind, int Rank, string Reason, Place Place, IReadOnlyList<string> LastLines);

/// <summary>
/// Finds who failed first. When one worker dies the others notice at the exchange, often sooner than the coordinator learns of the death, so
/// reports are gathered for a moment before one of them is called the cause.
/// </summary>
internal sealed class FailureJudge
{
    private readonly List<FailureReport> reports = [];

    /// <summary>True from the first report on.</summary>
    public bool HasFailure => reports.Count > 0;

    /// <summary>Takes a report.</summary>
    public void Add(FailureReport report) => reports.Add(report);

    /// <summary>True when there is nothing to wait for: a report of one of the two surest kinds.</summary>
    public bool IsClear => reports.Any(r => r.Kind is FailureKind.Died or FailureKind.Coordinator);

    /// <summary>The cause: the earliest report of the worst kind. A process that ended after it had reported an error is told by its error.</summary>
    public FailureReport Cause
    {
        get
        {
            var cause = reports.OrderBy(r => r.Kind).First();
            var own = reports.FirstOrDefault(r => r.Kind == FailureKind.Error && r.Rank == cause.Rank);
            return own is null ? cause : own with { LastLines = cause.LastLines.Count > 0 ? cause.LastLines : own.LastLines };
        }
    }
}

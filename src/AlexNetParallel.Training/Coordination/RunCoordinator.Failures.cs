using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Coordination;

public sealed partial class RunCoordinator
{
    private static readonly TimeSpan stuckAfter = TimeSpan.FromMinutes(1);

    /// <summary>A longer time between two looks is taken for this one: the coordinator itself did not run.</summary>
    private static readonly TimeSpan longestLook = TimeSpan.FromSeconds(2);

    private TimeSpan lastLook;
    private readonly Dictionary<int, (Place Place, TimeSpan Since, bool Told)> lastPlaces = [];

    private Place PlaceOf(int rank)
    {
        if (rank < 0 || links[rank] is not { } link) return default;
        var (tick, step, instruction) = link.Page is { Tick: > 0 } page ? (page.Tick, page.Step, page.Instruction) : (link.Heard.Tick, link.Heard.Step, link.Heard.Instruction);
        return Place.Of(options.Plan, rank, tick, step, instruction);
    }

    private void TakeChild(ChildEnded ended)
    {
        var link = ended.Rank >= 0 ? links[ended.Rank] : null;
        if (phase == Phase.Over || link?.Finished is not null && ended.Exit.Code == 0) return;
        // A launcher does not know the process of which it tells; the worker itself has said it.
        var exit = ended.Exit.Pid == 0 && link is not null ? ended.Exit with { Pid = link.Registration.Pid } : ended.Exit;
        // The end of a launcher follows from something: whatever a worker says of it tells more.
        Fail(new FailureReport(ended.Rank < 0 ? FailureKind.Coordinator : FailureKind.Died, ended.Rank, exit.Describe(), PlaceOf(ended.Rank), exit.LastLines));
    }

    private void TakeStop(string why)
    {
        if (stopping is not null || phase == Phase.Over) return;
        stopping = why;
        if (phase == Phase.Running) Advance();
        else if (phase != Phase.Finishing) Fail(new FailureReport(FailureKind.Coordinator, -1, $"{why} before training began", default, []));
    }

    /// <summary>Takes a report of a failure: the first one ends the run for all workers; which one is the cause is decided a moment later.</summary>
    private void Fail(FailureReport report)
    {
        var first = !judge.HasFailure;
        judge.Add(report);
        if (first)
        {
            verdictAt = clock.Elapsed + options.Settling;
            Send(new CoordinatorMessage { Abort = new Abort { Reason = report.Reason } });
        }
        if (judge.IsClear) verdictAt = TimeSpan.FromTicks(Math.Min(verdictAt!.Value.Ticks, (clock.Elapsed + options.Settling / 8).Ticks));
    }

    private RunOutcome Verdict()
    {
        phase = Phase.Over;
        if (course is null && stopping is not null) return RunOutcome.Interrupted;
        var cause = judge.Cause;
        var newest = options.Folder.Checkpoints.Newest;
        var resume = newest is null ? options.Command : $"{options.Command} --resume";
        var step = Math.Max(cause.Place.Step, lastStep?.Step ?? 0);
        trace?.Note(step, $"the run failed: {cause.Reason}");
        Tell(new RunFailed(cause.Rank, step, cause.Place.Layer, cause.Place.Doing, cause.Rank >= 0 ? $"{cause.Reason} {cause.Place}" : cause.Reason, cause.LastLines, resume));
        EndTrace();
        return RunOutcome.Failed;
    }

    private void Watch()
    {
        var look = clock.Elapsed;
        var listened = look - lastLook < longestLook ? look - lastLook : longestLook;
        lastLook = look;
        foreach (var link in links) link?.Listened(listened);
        if (judge.HasFailure) return;
        if (phase == Phase.Waiting && clock.Elapsed > options.Admission)
        {
            var missing = links.Select((l, rank) => (l, rank)).Where(x => x.l is null).Select(x => x.rank);
            Fail(new FailureReport(FailureKind.Coordinator, -1, $"no worker for rank {string.Join(", ", missing)} came within {options.Admission.Value.TotalSeconds:F0} s", default, []));
            return;
        }
        if (phase == Phase.Waiting) return;
        foreach (var link in links)
        {
            if (link is null || link.Finished is not null) continue;
            if (link.Silence > options.Silence)
                Fail(new FailureReport(FailureKind.Lost, link.Rank, $"{link.Name} has said nothing for {link.Silence.TotalSeconds:F0} s", PlaceOf(link.Rank), []));
            WarnIfStuck(link);
        }
    }

    // Says once where a worker is when it has not moved for long: two workers that wait for each other would otherwise be silent for ever.
    private void WarnIfStuck(WorkerLink link)
    {
        var place = PlaceOf(link.Rank);
        if (!lastPlaces.TryGetValue(link.Rank, out var last) || last.Place != place)
        {
            lastPlaces[link.Rank] = (place, clock.Elapsed, false);
            return;
        }
        if (phase != Phase.Running || last.Told || place.Layer.Length == 0 || clock.Elapsed - last.Since < stuckAfter) return;
        lastPlaces[link.Rank] = last with { Told = true };
        observer.Log($"{link.Name} has been {place} for {(clock.Elapsed - last.Since).TotalSeconds:F0} s");
    }

    private RunStatus Status()
    {
        var status = new RunStatus
        {
            Phase = phase switch { Phase.Waiting => "waiting for workers", Phase.Preparing => "preparing", Phase.Running => "running", _ => "finishing" },
            Step = lastStep?.Step ?? 0,
            TotalSteps = course?.TotalSteps ?? 0,
            Epoch = lastStep?.Epoch ?? 0,
            Loss = lastStep?.Loss ?? 0,
            ImagesPerSecond = lastStep?.ImagesPerSecond ?? 0,
        };
        foreach (var link in links)
        {
            if (link is null) continue;
            status.Workers.Add(new WorkerStatus
            {
                Rank = link.Rank,
                HostName = link.Registration.HostName,
                Pid = link.Registration.Pid,
                Tick = PlaceOf(link.Rank).Tick,
                SecondsSinceHeartbeat = link.Silence.TotalSeconds,
            });
        }
        return status;
    }
}

using System.Text.Json;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Schedules;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Coordination;

public sealed partial class RunCoordinator
{
    /// <summary>Checkpoints that were ordered and are not yet complete, by step.</summary>
    private readonly Dictionary<long, PendingCheckpoint> checkpoints = [];
    private Task committing = Task.CompletedTask;
    private long checkpointedStep;
    private string? weightsSha256;

    private sealed class PendingCheckpoint(Model.Recipes.Tick after, TimeSpan began, int workers)
    {
        public Model.Recipes.Tick After => after;
        public TimeSpan Began => began;
        public CheckpointFile?[] Parts { get; } = new CheckpointFile?[workers];
    }

    private static PlateauState PlateauOf(CheckpointInfo? info) => info?.Schedule is { } state ? state.Deserialize<PlateauState>() : default;

    private static EpochErrors CountedOf(CheckpointInfo? info) => info?.Progress is { } counted ? counted.Deserialize<EpochErrors>() : default;

    private void OrderCheckpoint(Model.Recipes.Tick after)
    {
        // A checkpoint in the midst of a test (after an interruption) stands for the training step before it: the test will be repeated whole.
        if (after.Split == Model.Recipes.Split.Test && after.Batch != course!.TestBatches - 1) after = after with { Number = after.Number - after.Batch - 1 };
        var folder = options.Folder.Checkpoints.Begin(after.Step);
        checkpoints.Add(after.Step, new PendingCheckpoint(after, clock.Elapsed, workers));
        Send(new CoordinatorMessage { WriteCheckpoint = new WriteCheckpoint { Step = after.Step, Folder = folder } });
    }

    private void TakePart(WorkerLink link, CheckpointPart part)
    {
        if (!checkpoints.TryGetValue(part.Step, out var pending)) throw new InvalidDataException($"{link.Name} wrote a checkpoint of step {part.Step}, which nobody asked for");
        pending.Parts[link.Rank] = new CheckpointFile(part.Name, part.Bytes, part.Sha256);
        if (pending.Parts.Contains(null)) return;
        // The reports of all ticks before it have come before the parts, and a worker writes its part before it begins a later tick: these states are those
        // after the checkpoint's last tick.
        var (plateau, counted) = (driver!.Plateau, driver.Counted);
        committing = committing.ContinueWith(_ => Commit(pending, plateau, counted), TaskScheduler.Default);
    }

    /// <summary>Hashes the weights and completes the folder; on a thread of the pool, since a large network takes a second. One after another.</summary>
    private void Commit(PendingCheckpoint pending, PlateauState plateau, EpochErrors counted)
    {
        var after = pending.After;
        var folder = options.Folder.Checkpoints;
        try
        {
            var network = options.Plan.Network;
            var info = new CheckpointInfo
            {
                Step = after.Step,
                Tick = after.Number,
                Epoch = after.Epoch,
                Network = network.Name,
                Dialect = network.Dialect,
                WeightsSha256 = "",
                Schedule = options.Recipe.Schedule.Plateau is null ? null : JsonSerializer.SerializeToElement(plateau),
                Progress = options.Recipe.StopAtTrainingError is null ? null : JsonSerializer.SerializeToElement(counted),
                Files = [.. pending.Parts.Select(p => p!)],
            };
            using (var parts = Checkpoint.OpenParts(folder.Partial(after.Step), info.Files.Select(f => f.Name), info))
                info = info with { WeightsSha256 = parts.WeightsSha256(network) };
            var complete = folder.Commit(after.Step, info);
            if (options.Recipe.KeepCheckpoints > 0) folder.Prune(options.Recipe.KeepCheckpoints);
            inputs.Writer.TryWrite(new CheckpointCommitted(info, complete, null));
        }
        catch (Exception e)
        {
            inputs.Writer.TryWrite(new CheckpointCommitted(null, folder.Partial(after.Step), e));
        }
    }

    private void TakeCommitted(CheckpointCommitted committed)
    {
        if (committed.Info is not { } info) throw new InvalidDataException($"the checkpoint in {committed.Folder} cannot be completed: {committed.Error!.Message}", committed.Error);
        var pending = checkpoints[info.Step];
        checkpoints.Remove(info.Step);
        checkpointedStep = Math.Max(checkpointedStep, info.Step);
        weightsSha256 = info.WeightsSha256;
        Tell(new CheckpointDone(info.Step, committed.Folder, info.WeightsSha256, info.Files.Sum(f => f.Bytes), (clock.Elapsed - pending.Began).TotalSeconds));
        Advance();
    }
}

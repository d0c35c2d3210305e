using AlexNetParallel.Devices;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Engine;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Coordination;

/// <summary>
/// The work of one worker, as its session with the coordinator drives it: one <see cref="Prepare"/>, then ticks in the order of the course with checkpoints between
/// them, then <see cref="IDisposable.Dispose"/>. One thread, which lives as long as the job, calls everything except <see cref="Abort"/>.
/// An exception from any method ends the run and is reported with its message.
/// </summary>
public interface IWorkerJob : IDisposable
{
    /// <summary>Compiles the plan and agrees on it with the other workers, allocates, links up, opens the data, loads weights (new ones, or the checkpoint's).</summary>
    WorkerFacts Prepare(IWorkerContext context);

    /// <summary>Runs one tick. Called with rising tick numbers, without gaps from the first one on.</summary>
    /// <param name="tick">Which.</param>
    /// <param name="drops">How often the plateau rule has lowered the rate so far (Progress.Drops).</param>
    TickResult Run(Tick tick, int drops);

    /// <summary>Writes this worker's part of a checkpoint, and flushes it to the disk.</summary>
    /// <param name="folder">Exists and is not yet a valid checkpoint: the coordinator completes and renames it when all parts are there.</param>
    /// <returns>The file's entry for checkpoint.json.</returns>
    CheckpointFile SaveCheckpoint(string folder);

    /// <summary>What has crossed so far at this worker, by exchange number. Called between ticks.</summary>
    IReadOnlyList<ExchangeCounters> Counters();

    /// <summary>See <see cref="ITransport.MappedBytes"/>.</summary>
    long MappedBytes { get; }

    /// <summary>Where the job keeps the times of a traced step, if <see cref="JobDescription.Trace"/> asks for some; null otherwise. The session turns it on and off.</summary>
    StepTrace? Trace => null;

    /// <summary>Ends every wait of the job, now and later, with an exception that carries the reason. Called by any thread, at any time after the job was made.</summary>
    void Abort(string reason);
}

/// <summary>What a job may ask of its session while it prepares and runs.</summary>
public interface IWorkerContext
{
    /// <summary>What is to be done.</summary>
    JobDescription Job { get; }

    /// <summary>Where the worker is in its program; to be kept up to date, it is read when a worker dies.</summary>
    WorkerPosition Position { get; }

    /// <summary>Gives a text to all workers and takes theirs: waits until every worker has called it with the same key. Addresses, data counts, barriers.</summary>
    /// <param name="key">What it is, e.g. "transport"; each key once, by all workers in the same order.</param>
    /// <param name="value">This worker's text.</param>
    /// <param name="mustAgree">True where all texts must be equal: the coordinator ends the run otherwise, with a message that names who has what.</param>
    /// <returns>The texts by rank.</returns>
    IReadOnlyList<string> Gather(string key, string value, bool mustAgree = false);

    /// <summary>Identifies the host: workers with equal texts share memory and /proc. By rank.</summary>
    IReadOnlyList<string> Hosts { get; }

    /// <summary>Writes a line to the run's log (standard error at the coordinator), with the worker's name.</summary>
    void Log(string line);

    /// <summary>Cancelled when the run is over for whatever reason.</summary>
    CancellationToken Cancellation { get; }
}

/// <summary>What the coordinator hands to a worker.</summary>
/// <param name="Rank">The worker's number, from 0.</param>
/// <param name="Workers">Number of workers.</param>
/// <param name="Recipe">The resolved recipe, YAML: everything that defines the run.</param>
/// <param name="Transport">"peer", "grpc", …</param>
/// <param name="ResumeFrom">Folder of the checkpoint to begin from; null for a new run.</param>
/// <param name="NoFeed">True when one batch, made once, stands for all (to measure without the data path).</param>
/// <param name="Trace">Training steps whose times are to be told one by one; null for none.</param>
public sealed record JobDescription(int Rank, int Workers, string Recipe, string Transport, string? ResumeFrom, bool NoFeed, TraceRange? Trace = null);

/// <summary>What a prepared worker tells about itself. <see cref="PlanSha256"/> and the numbers of images must be the same for all workers.</summary>
/// <param name="PlanSha256">Hash of the plan that it compiled.</param>
/// <param name="TrainImages">Images to learn from that can be used.</param>
/// <param name="TestImages">Images to measure with.</param>
/// <param name="Data">The data set in words.</param>
/// <param name="Device">The device in words.</param>
public sealed record WorkerFacts(string PlanSha256, int TrainImages, int TestImages, string Data, string Device);

/// <summary>What a worker did in one tick.</summary>
/// <param name="Loss">Sums over the cases that this worker answers for: over all workers, each case of the batch once.</param>
/// <param name="Times">Where the time went; the session adds its own to <see cref="TickTimes.Host"/>.</param>
/// <param name="PeakFlopPerSecond">The processor's peak, measured right after the tick; 0 where nobody asked for it.</param>
/// <param name="PauseSeconds">Time that this measurement took; no part of the tick.</param>
public readonly record struct TickResult(LossSums Loss, TickTimes Times, double PeakFlopPerSecond = 0, double PauseSeconds = 0);

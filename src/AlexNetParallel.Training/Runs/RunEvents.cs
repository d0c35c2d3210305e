using System.Text.Json.Serialization;
using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Training.Runs;

/// <summary>Something that happened in a run. As JSON (<see cref="JsonLine"/>) it is a line of metrics.jsonl and of `alexnet train --json`.</summary>
/// <param name="Event">The kind: "start", "step", "test", "checkpoint", "done", "failure".</param>
public abstract record RunEvent([property: JsonPropertyOrder(-1)] string Event);

/// <summary>All workers are ready; training begins.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Dialect">Its dialect; empty where it has none.</param>
/// <param name="Partition">Name of the partition.</param>
/// <param name="Workers">Number of workers.</param>
/// <param name="Device">The workers' device: "cpu" or "cuda".</param>
/// <param name="Transport">What activations cross by.</param>
/// <param name="Batch">Images of a batch.</param>
/// <param name="Parameters">Weights and biases.</param>
/// <param name="PlanSha256">Hash of the plan.</param>
/// <param name="Data">The data set in words.</param>
/// <param name="TrainImages">Images to learn from.</param>
/// <param name="TestImages">Images to measure with.</param>
/// <param name="StepsPerEpoch">Training steps of one pass.</param>
/// <param name="Steps">Training steps of the run.</param>
/// <param name="ResumedFrom">Steps that were done before; 0 for a new run.</param>
/// <param name="Run">The run's folder.</param>
/// <param name="Processes">Process ids by rank.</param>
public sealed record RunStarted(
    string Network, string Dialect, string Partition, int Workers, string Device, string Transport, int Batch, long Parameters, string PlanSha256,
    string Data, int TrainImages, int TestImages, int StepsPerEpoch, long Steps, long ResumedFrom, string Run, IReadOnlyList<int> Processes) : RunEvent("start");

/// <summary>A training step is done.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Epoch">Complete passes over the training images.</param>
/// <param name="Loss">Mean −log p(label) of the batch, nats.</param>
/// <param name="Top1Error">Part of the batch whose label is not the first guess.</param>
/// <param name="Top5Error">Part of the batch whose label is not among the first five.</param>
/// <param name="ImagesPerSecond">Images by the time of the slowest worker.</param>
/// <param name="LearningRate">Rate of the weights of layers without a rate of their own.</param>
/// <param name="Seconds">Time of the slowest worker.</param>
/// <param name="ExchangeSeconds">The longest that a worker waited for others.</param>
/// <param name="FeedSeconds">The longest that a worker waited for the batch.</param>
public sealed record StepDone(
    long Step, int Epoch, double Loss, double Top1Error, double Top5Error, double ImagesPerSecond, double LearningRate,
    double Seconds, double ExchangeSeconds, double FeedSeconds) : RunEvent("step")
{
    /// <summary>What each worker measured, by rank. Not written to files.</summary>
    [JsonIgnore]
    public IReadOnlyList<WorkerStep> Workers { get; init; } = [];
}

/// <summary>What one worker measured in a step.</summary>
/// <param name="Times">Where its time went.</param>
/// <param name="PeakFlopPerSecond">Peak of its device, measured right after the step; 0 where nobody asked for it.</param>
public sealed record WorkerStep(TickTimes Times, double PeakFlopPerSecond);

/// <summary>A pass over the test images is done.</summary>
/// <param name="Step">The last training step.</param>
/// <param name="Epoch">Complete passes over the training images.</param>
/// <param name="Loss">Mean −log p(label), nats.</param>
/// <param name="Top1Error">Part of the images whose label is not the first guess.</param>
/// <param name="Top5Error">Part of the images whose label is not among the first five.</param>
/// <param name="Views">Views of each image.</param>
/// <param name="Images">Images measured with.</param>
/// <param name="Seconds">Time that it took.</param>
public sealed record TestDone(long Step, int Epoch, double Loss, double Top1Error, double Top5Error, int Views, long Images, double Seconds) : RunEvent("test");

/// <summary>A checkpoint is complete.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Folder">Where it stands.</param>
/// <param name="WeightsSha256">Hash of all weights and biases.</param>
/// <param name="Bytes">Size of its files.</param>
/// <param name="Seconds">From the order to write it until it was complete.</param>
public sealed record CheckpointDone(long Step, string Folder, string WeightsSha256, long Bytes, double Seconds) : RunEvent("checkpoint");

/// <summary>What one exchange of the plan has cost in a run.</summary>
/// <param name="Layer">The layer that needs it.</param>
/// <param name="Direction">"forward", "backward", "reduce", "gather".</param>
/// <param name="Transport">What it crossed by.</param>
/// <param name="Bytes">Payload that a worker sends in one training step; of the one that sends most.</param>
/// <param name="OverheadBytes">Bytes besides the payload, as <paramref name="Bytes"/>.</param>
/// <param name="TotalBytes">Payload of all workers in the whole run, as counted.</param>
/// <param name="ExposedSeconds">Time in one tick in which a worker did nothing but send or wait for it; of the worker that waited longest.</param>
/// <param name="SecondsP50">The same by its median over the last ticks (at most 1024).</param>
/// <param name="SecondsP95">The same: 95 of 100 ticks took no longer.</param>
/// <param name="ShareOfStep"><paramref name="ExposedSeconds"/> as a part of the mean step.</param>
/// <param name="Wrong">What is wrong: bytes by which the payload sent differs from the payload received, and floats that did not arrive as they were sent where that was checked.</param>
public sealed record ExchangeSummary(
    string Layer, string Direction, string Transport, long Bytes, long OverheadBytes, long TotalBytes, double ExposedSeconds, double SecondsP50, double SecondsP95, double ShareOfStep,
    long Wrong);

/// <summary>Memory of one worker's process.</summary>
/// <param name="PeakBytes">Largest resident memory.</param>
/// <param name="RuntimeBytes">What of it the runtime took before the job was prepared.</param>
/// <param name="MappedBytes">What of it are other workers' tensors, seen here too: on one host their sum counts them twice.</param>
public sealed record WorkerMemory(long PeakBytes, long RuntimeBytes, long MappedBytes)
{
    /// <summary>What the worker's own tensors, parameters and workspace took: to be compared with the plan's figure.</summary>
    public long OwnBytes => PeakBytes - RuntimeBytes - MappedBytes;
}

/// <summary>The run has come to its end, or to an orderly stop.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Seconds">Time since the start of training, tests and checkpoints included.</param>
/// <param name="ImagesPerSecond">Training images by the time in training steps.</param>
/// <param name="WeightsSha256">Hash of all weights and biases, partition-independent; null where no checkpoint was written at the end.</param>
/// <param name="Exchanges">What the exchanges cost.</param>
/// <param name="Memory">Memory of each worker, by rank.</param>
/// <param name="Interrupted">True when Ctrl-C or a signal ended it before the last step.</param>
public sealed record RunDone(
    long Step, double Seconds, double ImagesPerSecond, string? WeightsSha256, IReadOnlyList<ExchangeSummary> Exchanges, IReadOnlyList<WorkerMemory> Memory,
    bool Interrupted)
    : RunEvent("done");

/// <summary>The run has failed.</summary>
/// <param name="Worker">Rank of the worker that failed first; −1 when it was none.</param>
/// <param name="Step">The training step that it was in; 0 before the first.</param>
/// <param name="Layer">The layer that it was at; empty between ticks.</param>
/// <param name="Instruction">What it was doing there, in words.</param>
/// <param name="Reason">What happened, one sentence.</param>
/// <param name="LastLines">The last lines that it wrote.</param>
/// <param name="Resume">The command that goes on from the last checkpoint, or begins anew where there is none.</param>
public sealed record RunFailed(int Worker, long Step, string Layer, string Instruction, string Reason, IReadOnlyList<string> LastLines, string Resume) : RunEvent("failure");

/// <summary>Who wants to know how a run goes. Must not wait long.</summary>
public interface IRunObserver
{
    /// <summary>Something happened. Called by one thread at a time, in order.</summary>
    void On(RunEvent happened);

    /// <summary>A line for the log. Called by any thread.</summary>
    void Log(string line)
    {
    }
}

using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Runs;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Coordination;

/// <summary>What a coordinator is to lead.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>The run, every default filled in.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>The compiled plan; every worker must come to the same.</summary>
    public required Plan Plan { get; init; }

    /// <summary>Where the run's files go.</summary>
    public required RunFolder Folder { get; init; }

    /// <summary>What activations cross by: "peer", "grpc", …</summary>
    public required string Transport { get; init; }

    /// <summary>Where to listen for workers.</summary>
    public required RpcAddress Listen { get; init; }

    /// <summary>How workers and coordinator know each other. Default: local addresses only.</summary>
    public RpcSecurity Security { get; init; } = RpcSecurity.LocalOnly;

    /// <summary>True when nobody but the workers needs the address: a Unix socket's file is removed as soon as all have joined.</summary>
    public bool HideWhenComplete { get; init; }

    /// <summary>The checkpoint to begin from; null for a new run.</summary>
    public (string Folder, CheckpointInfo Info)? ResumeFrom { get; init; }

    /// <summary>See <see cref="JobDescription.NoFeed"/>.</summary>
    public bool NoFeed { get; init; }

    /// <summary>Training steps of which the run's folder gets a trace; null for none.</summary>
    public TraceRange? Trace { get; init; }

    /// <summary>The command that goes on with this run after a failure, without "--resume".</summary>
    public required string Command { get; init; }

    /// <summary>How long to wait for all workers to register; null for ever.</summary>
    public TimeSpan? Admission { get; init; }

    /// <summary>A worker that says nothing for so long is given up. Default 30 s: a busy machine may leave a process without time for seconds.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long reports of a failure are gathered before the cause is named. Default 2 s.</summary>
    public TimeSpan Settling { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All steps are done.</summary>
    Done,
    /// <summary>Stopped in order before the last step.</summary>
    Interrupted,
    /// <summary>Ended by a failure.</summary>
    Failed,
}

using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Training.Coordination;

/// <summary>What the coordinator's one loop reacts to. Everything that happens elsewhere arrives as one of these, in order.</summary>
internal abstract record CoordinatorInput;

/// <summary>A worker has connected and registered.</summary>
internal sealed record WorkerArrived(WorkerLink Link) : CoordinatorInput;

/// <summary>A worker has sent a message.</summary>
internal sealed record WorkerSaid(WorkerLink Link, WorkerMessage Message) : CoordinatorInput;

/// <summary>A worker's stream has ended.</summary>
internal sealed record WorkerLeft(WorkerLink Link, Exception? Error) : CoordinatorInput;

/// <summary>A child process has ended that nobody had told to.</summary>
internal sealed record ChildEnded(int Rank, ChildExit Exit) : CoordinatorInput;

/// <summary>A checkpoint is complete on the disk, or could not be completed.</summary>
internal sealed record CheckpointCommitted(CheckpointInfo? Info, string Folder, Exception? Error) : CoordinatorInput;

/// <summary>The user wants the run to end in order.</summary>
internal sealed record StopAsked(string Why) : CoordinatorInput;

/// <summary>A second has passed.</summary>
internal sealed record SecondPassed : CoordinatorInput;

/// <summary>Somebody asks how the run stands.</summary>
internal sealed record StatusAsked(TaskCompletionSource<RunStatus> Answer) : CoordinatorInput;

/// <summary>A place in a worker's program, in words.</summary>
/// <param name="Tick">Tick that runs or ran last; 0 before the first.</param>
/// <param name="Step">Training steps begun.</param>
/// <param name="Layer">Name of the layer; empty between ticks.</param>
/// <param name="Doing">The instruction; empty between ticks.</param>
internal readonly record struct Place(long Tick, long Step, string Layer, string Doing)
{
    /// <summary>The place of an instruction of a plan.</summary>
    public static Place Of(Plan plan, int rank, long tick, long step, int instruction)
    {
        var program = plan.Programs[rank].Instructions;
        if (instruction < 0 || instruction >= program.Count) return new Place(tick, step, "", "");
        return new Place(tick, step, plan.Network.Layers[program[instruction].LayerNumber].Name, InstructionText.Describe(program[instruction]));
    }

    /// <summary>"at step 12, layer conv3 (forward conv3[0..192) blocks [0,4))".</summary>
    public override string ToString() => Step == 0 && Tick == 0 ? "before the first step" : $"at step {Step}, {(Layer.Length == 0 ? "between two ticks" : $"layer {Layer} ({Doing})")}";
}

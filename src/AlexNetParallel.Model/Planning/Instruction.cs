using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Part of a tick. Test batches run <see cref="Forward"/> only.</summary>
public enum Phase
{
    /// <summary>From images to the loss.</summary>
    Forward,
    /// <summary>From the loss to the gradients.</summary>
    Backward,
    /// <summary>From gradients to new weights.</summary>
    Update,
}

/// <summary>One step of a worker's program.</summary>
/// <param name="Phase">Part of the tick.</param>
/// <param name="LayerNumber">The layer that it works for.</param>
public abstract record Instruction(Phase Phase, int LayerNumber);

/// <summary>Computes a piece's output.</summary>
public sealed record ForwardInstruction(int LayerNumber, Piece Piece, BlockRange Blocks) : Instruction(Phase.Forward, LayerNumber);

/// <summary>Computes probabilities, loss and errors, and when training the gradient of the scores, into a tensor of this worker (−1: none).</summary>
public sealed record LossInstruction(int LayerNumber, Piece Piece, BlockRange Blocks, int Target) : Instruction(Phase.Forward, LayerNumber);

/// <summary>Multiplies the gradient of a piece's output by the derivative of its neuron, in place.</summary>
public sealed record NeuronGradientInstruction(int LayerNumber, Piece Piece, BlockRange Blocks) : Instruction(Phase.Backward, LayerNumber);

/// <summary>Computes a piece's gradient with respect to its input, into a tensor of this worker.</summary>
public sealed record InputGradientInstruction(int LayerNumber, Piece Piece, BlockRange Blocks, int Target) : Instruction(Phase.Backward, LayerNumber);

/// <summary>Computes gradients of a piece's parameters: set by the first blocks of a tick, added to by the others.</summary>
public sealed record WeightGradientInstruction(int LayerNumber, Piece Piece, BlockRange Blocks, bool First, int Parameters)
    : Instruction(Phase.Backward, LayerNumber);

/// <summary>Fully connected layers whose parameters no other worker shares: gradient and update in one pass over the weights.</summary>
public sealed record FusedUpdateInstruction(int LayerNumber, Piece Piece, BlockRange Blocks, int Parameters) : Instruction(Phase.Backward, LayerNumber);

/// <summary>Adds the contributions to the gradient of a piece's output, in the order of the pieces that they come from.</summary>
public sealed record SumInstruction(int LayerNumber, ChannelRange Channels, int Block, int Target, IReadOnlyList<int> Sources)
    : Instruction(Phase.Backward, LayerNumber);

/// <summary>Adds the workers' gradients of one share of replicated parameters, in the order of the workers.</summary>
public sealed record SumParametersInstruction(int LayerNumber, int Parameters, long Offset, long Count, IReadOnlyList<int> Sources)
    : Instruction(Phase.Backward, LayerNumber);

/// <summary>Updates parameters from their gradients.</summary>
public sealed record UpdateInstruction(int LayerNumber, int Parameters) : Instruction(Phase.Update, LayerNumber);

/// <summary>The slab's source is ready: its sending begins.</summary>
public sealed record SendInstruction(Phase Phase, int LayerNumber, Slab Slab) : Instruction(Phase, LayerNumber);

/// <summary>Waits for a slab.</summary>
public sealed record ReceiveInstruction(Phase Phase, int LayerNumber, Slab Slab) : Instruction(Phase, LayerNumber);

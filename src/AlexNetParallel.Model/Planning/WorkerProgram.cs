using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Parameters that a worker holds: some output channels of a layer, with all their inputs.</summary>
/// <param name="Id">Number on this worker, from 0.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Outputs">The output channels.</param>
/// <param name="Sharers">Ranks that hold the same parameters and see other cases, ascending, this worker included; one rank where nobody else does.</param>
/// <param name="Replicas">Ranks that hold the same parameters and see the same cases.</param>
/// <param name="GradientTensor">The worker's number of the tensor of gradients, where they cross; else −1.</param>
public sealed record ParameterSet(
    int Id, WeightedLayer Layer, ChannelRange Outputs, IReadOnlyList<int> Sharers, IReadOnlyList<int> Replicas, int GradientTensor)
{
    /// <summary>Number of weights.</summary>
    public long WeightCount => (long)Layer.FanIn * Outputs.Count;

    /// <summary>Weights and biases.</summary>
    public long Count => WeightCount + Outputs.Count;

    /// <summary>True when gradients are summed over workers.</summary>
    public bool IsShared => Sharers.Count > 1;

    /// <summary>The rank whose copy goes into checkpoints and hashes.</summary>
    public int Owner => Math.Min(Sharers[0], Replicas[0]);
}

/// <summary>Everything that one worker does in a tick, and the memory for it.</summary>
/// <param name="Rank">The worker.</param>
/// <param name="Tensors">By tensor number.</param>
/// <param name="Parameters">By number of the parameter set.</param>
/// <param name="Instructions">In order. All workers' programs are parts of one global order, so no two can wait for each other.</param>
/// <param name="Memory">What the worker needs.</param>
public sealed record WorkerProgram(
    int Rank, IReadOnlyList<PlannedTensor> Tensors, IReadOnlyList<ParameterSet> Parameters, IReadOnlyList<Instruction> Instructions, MemoryTable Memory)
{
    /// <summary>The tensor of that role for a layer, or null.</summary>
    public PlannedTensor? Find(TensorRole role, int layerNumber) => Tensors.FirstOrDefault(t => t.Role == role && t.LayerNumber == layerNumber);
}

/// <summary>Bytes of a worker's memory.</summary>
/// <param name="Images">Input tensor of one batch.</param>
/// <param name="Activations">Outputs of layers.</param>
/// <param name="Gradients">Gradients of activations, with contributions computed here.</param>
/// <param name="Received">Staging for what other workers send.</param>
/// <param name="Parameters">Weights and biases.</param>
/// <param name="Momentum">v, as many again.</param>
/// <param name="ParameterGradients">Gradients that are kept (convolutions, and whatever is summed over workers).</param>
public sealed record MemoryTable(
    long Images, long Activations, long Gradients, long Received, long Parameters, long Momentum, long ParameterGradients)
{
    /// <summary>All of it.</summary>
    public long Total => Images + Activations + Gradients + Received + Parameters + Momentum + ParameterGradients;
}

using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Which way data crosses.</summary>
public enum Direction
{
    /// <summary>Activations, to the workers whose pieces read them.</summary>
    Forward,
    /// <summary>Gradients with respect to activations, to the workers that computed these; the receiver adds.</summary>
    Backward,
    /// <summary>Gradients of replicated parameters: each worker gathers its share of the sum.</summary>
    Reduce,
    /// <summary>The sums, back to all workers.</summary>
    Gather,
}

/// <summary>Some channels and blocks of a tensor, from one worker to another.</summary>
/// <param name="From">Sending rank.</param>
/// <param name="To">Receiving rank.</param>
/// <param name="Channels">The channels (units); for parameters the floats of the flat run.</param>
/// <param name="Blocks">The case blocks.</param>
/// <param name="Bytes">Payload.</param>
public sealed record Transfer(int From, int To, ChannelRange Channels, BlockRange Blocks, long Bytes);

/// <summary>
/// One collective step of the plan, the only way that data crosses between workers. Named by the layer that needs it: "conv3 forward" brings the
/// other tower's maps to conv3, "conv3 backward" takes their gradients home.
/// </summary>
/// <param name="Id">Number in the plan.</param>
/// <param name="Layer">Name of the layer.</param>
/// <param name="LayerNumber">Number of the layer.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Transfers">Who sends what to whom.</param>
public sealed record PlannedExchange(int Id, string Layer, int LayerNumber, Direction Direction, IReadOnlyList<Transfer> Transfers)
{
    /// <summary>Payload of all transfers, one tick.</summary>
    public long Bytes => Transfers.Sum(t => t.Bytes);

    /// <summary>
    /// Whether a training step needs it. Nothing is computed below the lowest layer that learns, as in the 2012 program (layer.py, gradConsumer).
    /// </summary>
    /// <param name="lowestTrained">Number of the lowest layer that learns in the step.</param>
    /// <param name="learns">This exchange's layer learns.</param>
    public bool IsNeeded(int lowestTrained, bool learns) => Direction switch
    {
        Direction.Forward => true,
        Direction.Backward => lowestTrained < LayerNumber,
        _ => learns,
    };
}

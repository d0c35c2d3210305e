using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>
/// The unit of placement: some output channels of one tower of a layer, for some case blocks. All arithmetic happens inside pieces, and what
/// pieces there are does not depend on the number of workers as long as that does not exceed the number of towers. That is why split = whole.
/// </summary>
/// <param name="Id">Number in the plan.</param>
/// <param name="Layer">The layer that it is a piece of.</param>
/// <param name="Index">Position among the layer's pieces: contributions to a gradient are added in this order.</param>
/// <param name="Tower">The tower of the layer.</param>
/// <param name="Output">The output channels.</param>
/// <param name="Blocks">The case blocks.</param>
/// <param name="Input">The channels of the layer before it that it reads.</param>
/// <param name="Holders">Ranks of the workers that compute it; more than one when it is replicated.</param>
public sealed record Piece(
    int Id, Layer Layer, int Index, int Tower, ChannelRange Output, BlockRange Blocks, ChannelSet Input, IReadOnlyList<int> Holders)
{
    /// <summary>True when this worker computes it.</summary>
    public bool IsOn(int worker) => Holders.Contains(worker);

    /// <summary>Where another worker gets this piece's results from: itself if it has them, else the first holder.</summary>
    public int SourceFor(int worker) => IsOn(worker) ? worker : Holders[0];

    /// <inheritdoc/>
    public override string ToString() => $"{Layer.Name}[{Output.First}..{Output.End}) {Blocks}";
}

using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Who reads whose output: the questions that the planners ask about pieces.</summary>
internal sealed class PieceGraph(Network network, IReadOnlyList<IReadOnlyList<Piece>> pieces, int workers, int blocks)
{
    private readonly int firstWeighted = network.Weighted.FirstOrDefault()?.Number ?? int.MaxValue;

    public Network Network => network;
    public IReadOnlyList<Layer> Layers => network.Layers;
    public int Workers => workers;
    public int Blocks => blocks;

    /// <summary>Pieces of a layer; none past the ends of the chain.</summary>
    public IReadOnlyList<Piece> Pieces(int layer) => layer >= 0 && layer < pieces.Count ? pieces[layer] : [];

    /// <summary>Pieces of a layer on a worker.</summary>
    public IEnumerable<Piece> PiecesOn(int layer, int worker) => Pieces(layer).Where(p => p.IsOn(worker));

    /// <summary>True when something below or in the layer learns, so that the gradient of its output is needed.</summary>
    public bool NeedsGradient(int layer) => layer >= firstWeighted;

    /// <summary>The pieces of the next layer that read something of this one, in order.</summary>
    public IEnumerable<Piece> Readers(Piece piece) => Pieces(piece.Layer.Number + 1)
        .Where(r => !r.Blocks.Intersect(piece.Blocks).IsEmpty && r.Input.Intersect(piece.Output).Channels > 0);

    /// <summary>
    /// True when the piece's input gradient is the whole gradient of what it reads, all of which this worker owns: then it is written in place, with no sum.
    /// </summary>
    public bool WritesGradientDirectly(Piece piece, int worker)
    {
        var below = PiecesOn(piece.Layer.Number - 1, worker).Where(q => q.Output.Count > 0 && piece.Input.Intersect(q.Output).Channels > 0).ToList();
        var covered = new ChannelSet(below.Where(q => q.Blocks.Intersect(piece.Blocks) == piece.Blocks).Select(q => q.Output));
        return piece.Input.Except(covered).Channels == 0 && below.All(q => Readers(q).All(r => r == piece));
    }

    /// <summary>
    /// The readers of a piece's output by runs of channels: within a run the same pieces contribute to the gradient, in order.
    /// </summary>
    public IEnumerable<(ChannelRange Channels, IReadOnlyList<Piece> Readers)> Contributions(Piece piece, int block)
    {
        var readers = Readers(piece).Where(r => block >= r.Blocks.First && block < r.Blocks.End).ToList();
        var edges = readers.SelectMany(r => r.Input.Intersect(piece.Output)).SelectMany(r => new[] { r.First, r.End })
            .Append(piece.Output.First).Append(piece.Output.End).Distinct().Order().ToList();
        var runs = new List<(ChannelRange Channels, IReadOnlyList<Piece> Readers)>();
        for (var i = 0; i + 1 < edges.Count; i++)
        {
            var range = new ChannelRange(edges[i], edges[i + 1] - edges[i]);
            var here = readers.Where(r => r.Input.Intersect(range).Channels > 0).ToList();
            if (here.Count == 0) continue;
            if (runs.Count > 0 && runs[^1].Channels.End == range.First && runs[^1].Readers.SequenceEqual(here))
                runs[^1] = (new ChannelRange(runs[^1].Channels.First, range.End - runs[^1].Channels.First), here);
            else
                runs.Add((range, here));
        }
        return runs;
    }
}

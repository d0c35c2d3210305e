using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>The exchanges and their slabs, with what the program writer asks of them.</summary>
internal sealed class ExchangeTable
{
    private readonly List<PlannedExchange> exchanges = [];
    private readonly List<Slab> slabs = [];
    private readonly List<(int Block, int Piece)> about = [];
    private readonly Dictionary<(Direction Direction, int Layer, int Rank, bool Leaves), List<Slab>> ends = [];

    public IReadOnlyList<PlannedExchange> Exchanges => exchanges;
    public IReadOnlyList<Slab> Slabs => slabs;

    /// <summary>Slabs of a layer and direction that leave a worker, in order of block, then of number.</summary>
    public IReadOnlyList<Slab> From(int rank, Direction direction, int layer) => ends.TryGetValue((direction, layer, rank, true), out var found) ? found : [];

    /// <summary>Slabs of a layer and direction that enter a worker, in order of block, then of number.</summary>
    public IReadOnlyList<Slab> To(int rank, Direction direction, int layer) => ends.TryGetValue((direction, layer, rank, false), out var found) ? found : [];

    /// <summary>Block of a slab; −1 for parameters.</summary>
    public int Block(Slab slab) => about[slab.Id].Block;

    /// <summary>The piece (or parameter set of the sender) whose result a slab is.</summary>
    public int Piece(Slab slab) => about[slab.Id].Piece;

    public void Add(Layer layer, Direction direction, WireFormat wire, IReadOnlyList<Draft> drafts)
    {
        if (drafts.Count == 0) return;
        var id = exchanges.Count;
        foreach (var draft in drafts)
        {
            var slab = new Slab(slabs.Count, id, draft.From, draft.To, draft.SourceTensor, draft.Source, draft.DestinationTensor, draft.Destination, wire);
            about.Add((draft.Block, draft.Piece));
            slabs.Add(slab);
            End((direction, layer.Number, draft.From, true)).Add(slab);
            End((direction, layer.Number, draft.To, false)).Add(slab);
        }
        foreach (var end in ends.Where(e => e.Key.Direction == direction && e.Key.Layer == layer.Number))
            end.Value.Sort((a, b) => (about[a.Id].Block, a.Id).CompareTo((about[b.Id].Block, b.Id)));
        var transfers = drafts.GroupBy(d => (d.From, d.To, d.Channels)).Select(g => new Transfer(g.Key.From, g.Key.To, g.Key.Channels,
            g.Aggregate(new BlockRange(0, 0), (b, d) => d.Block < 0 ? b : b.Hull(new BlockRange(d.Block, 1))), g.Sum(d => Slab.BytesOf(d.Source, wire))));
        exchanges.Add(new PlannedExchange(id, layer.Name, layer.Number, direction, [.. transfers]));
    }

    private List<Slab> End((Direction, int, int, bool) key)
    {
        if (!ends.TryGetValue(key, out var found)) ends.Add(key, found = []);
        return found;
    }

    /// <summary>A slab before it has its number.</summary>
    internal sealed record Draft(
        int From, int To, int Block, int Piece, ChannelRange Channels, int SourceTensor, StridedBox Source, int DestinationTensor, StridedBox Destination);
}

/// <summary>Finds what is needed and not owned.</summary>
/// <param name="graph">Who computes what.</param>
/// <param name="tensors">Where it lies.</param>
/// <param name="wire">What a layer's activations and their gradients are on the way, by its number.</param>
internal sealed class ExchangePlanner(PieceGraph graph, TensorPlanner tensors, IReadOnlyList<WireFormat> wire)
{
    public ExchangeTable Plan()
    {
        var table = new ExchangeTable();
        foreach (var layer in graph.Layers) Add(table, layer, Direction.Forward, [.. Forward(layer)]);
        foreach (var layer in graph.Layers.Reverse())
        {
            if (graph.NeedsGradient(layer.Number - 1)) Add(table, layer, Direction.Backward, [.. Backward(layer)]);
            table.Add(layer, Direction.Reduce, WireFormat.Single, [.. Parameters(layer, gather: false)]);
        }
        foreach (var layer in graph.Layers.Reverse()) table.Add(layer, Direction.Gather, WireFormat.Single, [.. Parameters(layer, gather: true)]);
        return table;
    }

    /// <summary>
    /// Adds an exchange of activations or their gradients. Several workers that compute the same must read the same: what one of them has whole and another gets rounded
    /// would part their weights.
    /// </summary>
    /// <exception cref="PlanException">They would not.</exception>
    private void Add(ExchangeTable table, Layer layer, Direction direction, IReadOnlyList<ExchangeTable.Draft> drafts)
    {
        var copied = direction == Direction.Forward ? layer.Number : layer.Number - 1;
        if (wire[layer.Number] != WireFormat.Single && drafts.Count > 0 && graph.Pieces(copied).FirstOrDefault(p => p.Holders.Count > 1) is { } piece)
        {
            throw new PlanException($"found wire 'half' for layer {layer.Name}; expected 'single': layer {piece.Layer.Name} is computed by {piece.Holders.Count} workers, "
                + "whose copies would differ by the rounding of what crosses");
        }
        table.Add(layer, direction, wire[layer.Number], drafts);
    }

    private ExchangeTable.Draft Draft(int from, int to, int block, int piece, ChannelRange channels, PlannedTensor source, PlannedTensor destination)
    {
        tensors.MarkCrossing(from, source.Id);
        tensors.MarkCrossing(to, destination.Id);
        return new(from, to, block, piece, channels, source.Id, source.Layout.Box(block, channels), destination.Id, destination.Layout.Box(block, channels));
    }

    private IEnumerable<ExchangeTable.Draft> Forward(Layer layer)
    {
        var below = layer.Number - 1;
        for (var block = 0; block < graph.Blocks; block++)
            foreach (var q in graph.Pieces(below).Where(q => block >= q.Blocks.First && block < q.Blocks.End))
                for (var to = 0; to < graph.Workers; to++)
                {
                    if (q.IsOn(to)) continue;
                    var needed = graph.PiecesOn(layer.Number, to).Where(p => block >= p.Blocks.First && block < p.Blocks.End)
                        .Aggregate(ChannelSet.Empty, (set, p) => set.Union(p.Input.Intersect(q.Output)));
                    var from = q.SourceFor(to);
                    foreach (var range in needed)
                        yield return Draft(from, to, block, q.Id, range, tensors.Get(from, TensorRole.Activation, below), tensors.Get(to, TensorRole.Activation, below));
                }
    }

    private IEnumerable<ExchangeTable.Draft> Backward(Layer layer)
    {
        var below = layer.Number - 1;
        for (var block = 0; block < graph.Blocks; block++)
            foreach (var p in graph.Pieces(layer.Number).Where(p => block >= p.Blocks.First && block < p.Blocks.End))
                for (var to = 0; to < graph.Workers; to++)
                {
                    if (p.IsOn(to)) continue;
                    var owned = graph.PiecesOn(below, to).Where(q => block >= q.Blocks.First && block < q.Blocks.End)
                        .Aggregate(ChannelSet.Empty, (set, q) => set.Union(p.Input.Intersect(q.Output)));
                    var from = p.SourceFor(to);
                    foreach (var range in owned)
                        yield return Draft(from, to, block, p.Id, range, tensors.Get(from, TensorRole.Contribution, p.Id), tensors.Get(to, TensorRole.ReceivedContribution, p.Id));
                }
    }

    private IEnumerable<ExchangeTable.Draft> Parameters(Layer layer, bool gather)
    {
        for (var from = 0; from < graph.Workers; from++)
            foreach (var set in tensors.Parameters(from).Where(s => s.Layer == layer && s.IsShared))
                foreach (var to in set.Sharers.Where(s => s != from))
                {
                    var theirs = tensors.Parameters(to).Single(s => s.Layer == layer && s.Outputs == set.Outputs);
                    var (offset, count) = TensorPlanner.Share(set, gather ? from : to);
                    if (count == 0) continue;
                    var source = Flat(offset, count);
                    var (tensor, destination) = gather
                        ? (theirs.GradientTensor, source)
                        : (tensors.Get(to, TensorRole.ReceivedParameterGradient, TensorPlanner.SharerKey(theirs, from)).Id, Flat(0, count));
                    yield return new(from, to, -1, set.Id, set.Outputs, set.GradientTensor, source, tensor, destination);
                }
    }

    private static StridedBox Flat(long offset, long count) => new(offset, 1, 1, checked((int)count), 0, 0);
}

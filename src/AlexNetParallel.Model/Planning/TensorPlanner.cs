using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Decides which tensors each worker keeps and how they lie.</summary>
internal sealed class TensorPlanner
{
    private readonly PieceGraph graph;
    private readonly IReadOnlyList<Segment> segments;
    private readonly List<PlannedTensor>[] tensors;
    private readonly List<ParameterSet>[] parameters;
    private readonly Dictionary<(int Worker, TensorRole Role, int Key), int> index = [];

    public TensorPlanner(PieceGraph graph, IReadOnlyList<Segment> segments)
    {
        (this.graph, this.segments) = (graph, segments);
        tensors = [.. Enumerable.Range(0, graph.Workers).Select(_ => new List<PlannedTensor>())];
        parameters = [.. Enumerable.Range(0, graph.Workers).Select(_ => new List<ParameterSet>())];
        for (var worker = 0; worker < graph.Workers; worker++)
        {
            AddImage(worker);
            for (var layer = 0; layer < graph.Layers.Count; layer++) AddActivation(worker, layer);
            for (var layer = graph.Layers.Count - 1; layer >= 0; layer--)
            {
                AddContributions(worker, layer);
                AddGradient(worker, layer);
            }
            AddParameters(worker);
        }
    }

    public IReadOnlyList<PlannedTensor> Of(int worker) => tensors[worker];
    public IReadOnlyList<ParameterSet> Parameters(int worker) => parameters[worker];

    /// <summary>The tensor of a role: its key is the layer number, for contributions the piece's number, for received parameters (set, sharer).</summary>
    public PlannedTensor? Find(int worker, TensorRole role, int key) =>
        index.TryGetValue((worker, role, key), out var id) ? tensors[worker][id] : null;

    public PlannedTensor Get(int worker, TensorRole role, int key) =>
        Find(worker, role, key) ?? throw new InvalidOperationException($"worker {worker} has no {role} tensor {key}");

    /// <summary>Where a piece writes its input gradient on a worker.</summary>
    public PlannedTensor InputGradientTarget(Piece piece, int worker) => graph.WritesGradientDirectly(piece, worker)
        ? Get(worker, TensorRole.Gradient, piece.Layer.Number - 1)
        : Get(worker, TensorRole.Contribution, piece.Id);

    /// <summary>Marks a tensor as one that slabs leave or enter; such a tensor keeps all its blocks.</summary>
    public void MarkCrossing(int worker, int id)
    {
        var tensor = tensors[worker][id];
        if (!tensor.Crosses) tensors[worker][id] = tensor with { Crosses = true };
    }

    /// <summary>Key of the tensor into which a sharer's gradients of a parameter set are received.</summary>
    public static int SharerKey(ParameterSet set, int sharer) => set.Id * 65536 + sharer;

    private int Add(int worker, TensorRole role, int key, string name, int layer, TensorLayout layout, bool crosses = false)
    {
        var id = tensors[worker].Count;
        tensors[worker].Add(new PlannedTensor(id, role, name, layer, layout, crosses));
        index.Add((worker, role, key), id);
        return id;
    }

    private Border BorderFor(int reader) =>
        reader < graph.Layers.Count && graph.Layers[reader] is ConvolutionLayer c ? c.Shape(1).InputBorder : Border.None;

    private void AddImage(int worker)
    {
        var readers = graph.PiecesOn(0, worker).ToList();
        if (readers.Count == 0) return;
        var input = graph.Network.Input;
        Add(worker, TensorRole.Image, -1, "images", -1,
            new TensorLayout(new BlockRange(0, graph.Blocks), new ChannelSet(new ChannelRange(0, input.Channels)), input.Height, input.Width, BorderFor(0)));
    }

    private void AddActivation(int worker, int layer)
    {
        var channels = ChannelSet.Empty;
        var blocks = new BlockRange(0, 0);
        foreach (var piece in graph.PiecesOn(layer, worker))
        {
            channels = channels.Union(new ChannelSet(piece.Output));
            blocks = blocks.Hull(piece.Blocks);
        }
        foreach (var reader in graph.PiecesOn(layer + 1, worker))
        {
            channels = channels.Union(reader.Input);
            blocks = blocks.Hull(reader.Blocks);
        }
        if (channels.Channels == 0) return;
        var size = graph.Layers[layer].Output;
        Add(worker, TensorRole.Activation, layer, graph.Layers[layer].Name, layer, new TensorLayout(blocks, channels, size.Height, size.Width, BorderFor(layer + 1)));
    }

    private void AddGradient(int worker, int layer)
    {
        var own = graph.PiecesOn(layer, worker).ToList();
        if (own.Count == 0 || !graph.NeedsGradient(layer) || graph.Layers[layer] is SoftmaxLayer) return;
        var blocks = own.Aggregate(new BlockRange(0, 0), (b, p) => b.Hull(p.Blocks));
        var size = graph.Layers[layer].Output;
        var border = graph.Layers[layer] is ConvolutionLayer c && graph.NeedsGradient(layer - 1) ? c.Shape(1).OutputGradientBorder : Border.None;
        // Written and used up block by block: one block of memory serves all, and stays in cache. Not for a fully connected layer, whose weights' gradients
        // take all blocks at once.
        var writtenHere = SameSegment(layer, layer + 1) || !graph.PiecesOn(layer + 1, worker).Any(r => graph.WritesGradientDirectly(r, worker));
        var shared = graph.Layers[layer] is not FullyConnectedLayer && segments.Any(s => s.ByBlocks && s.Layers.Contains(layer)) && writtenHere;
        Add(worker, TensorRole.Gradient, layer, $"gradient of {graph.Layers[layer].Name}", layer,
            new TensorLayout(blocks, new ChannelSet(own.Select(p => p.Output)), size.Height, size.Width, border, shared));
    }

    private void AddContributions(int worker, int layer)
    {
        if (!graph.NeedsGradient(layer - 1)) return;
        var size = graph.Layers[layer].Input;
        foreach (var piece in graph.PiecesOn(layer, worker).Where(p => !graph.WritesGradientDirectly(p, worker)))
        {
            var leaves = graph.Pieces(layer - 1).Any(q => q.Holders.Any(h => h != worker && graph.Readers(q).Contains(piece) && piece.SourceFor(h) == worker));
            var shared = !leaves && SameSegment(layer - 1, layer);
            Add(worker, TensorRole.Contribution, piece.Id, $"{piece}'s share of the gradient of {graph.Layers[layer - 1].Name}", layer - 1,
                new TensorLayout(piece.Blocks, piece.Input, size.Height, size.Width, Border.None, shared), leaves);
        }
        foreach (var piece in graph.Pieces(layer).Where(p => !p.IsOn(worker)))
        {
            var owned = graph.PiecesOn(layer - 1, worker).Where(q => graph.Readers(q).Contains(piece)).ToList();
            if (owned.Count == 0) continue;
            var channels = owned.Aggregate(ChannelSet.Empty, (set, q) => set.Union(piece.Input.Intersect(q.Output)));
            var blocks = owned.Aggregate(new BlockRange(0, 0), (b, q) => b.Hull(q.Blocks.Intersect(piece.Blocks)));
            Add(worker, TensorRole.ReceivedContribution, piece.Id, $"{piece}'s share of the gradient of {graph.Layers[layer - 1].Name}, received", layer - 1,
                new TensorLayout(blocks, channels, size.Height, size.Width, Border.None), true);
        }
    }

    private bool SameSegment(int a, int b) => segments.Any(s => s.ByBlocks && s.Layers.Contains(a) && s.Layers.Contains(b));

    private void AddParameters(int worker)
    {
        foreach (var layer in graph.Network.Weighted)
        {
            foreach (var outputs in graph.PiecesOn(layer.Number, worker).Select(p => p.Output).Distinct())
            {
                var same = graph.Pieces(layer.Number).Where(p => p.Output == outputs).ToList();
                IReadOnlyList<int> sharers = same.Count > 1 ? [.. same.Select(p => p.Holders[0]).Distinct().Order()] : [worker];
                var set = new ParameterSet(parameters[worker].Count, layer, outputs, sharers, same.Count > 1 ? [worker] : same[0].Holders, -1);
                if (set.IsShared)
                {
                    var gradient = Add(worker, TensorRole.ParameterGradient, set.Id, $"gradients of {layer.Name}'s parameters", layer.Number, Flat(set.Count), true);
                    set = set with { GradientTensor = gradient };
                    foreach (var sharer in sharers.Where(s => s != worker))
                        Add(worker, TensorRole.ReceivedParameterGradient, SharerKey(set, sharer),
                            $"worker {sharer}'s gradients of {layer.Name}'s parameters", layer.Number, Flat(Share(set, worker).Count), true);
                }
                parameters[worker].Add(set);
            }
        }
    }

    /// <summary>A flat run as a tensor of 1×1 maps: the layout counts in cases, so whole groups of 32 floats.</summary>
    private static TensorLayout Flat(long floats) =>
        new(new BlockRange(0, 1), new ChannelSet(new ChannelRange(0, checked((int)((floats + CaseBlock.Cases - 1) / CaseBlock.Cases)))), 1, 1, Border.None);

    /// <summary>The floats of a parameter set whose sum a sharer gathers: shares are even to 16 floats.</summary>
    public static (long Offset, long Count) Share(ParameterSet set, int sharer)
    {
        const long Unit = 16;
        var (place, n) = (0, set.Sharers.Count);
        while (set.Sharers[place] != sharer) place++;
        var units = (set.Count + Unit - 1) / Unit;
        var first = Math.Min(set.Count, units * place / n * Unit);
        return (first, Math.Min(set.Count, units * (place + 1) / n * Unit) - first);
    }
}

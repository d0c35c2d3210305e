using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;

namespace AlexNetParallel.Model.Planning;

/// <summary>
/// A run of layers that is worked through together. In order of blocks, one block goes through all the layers before the next begins:
/// a block's maps are still in cache for the next layer, and its slab is under way while the next is computed. From the first fully
/// connected layer on each layer stands by itself and takes all blocks at once, so that its weights come from memory once. In a pipeline all
/// layers but the softmax are one run.
/// </summary>
/// <param name="Layers">Layer numbers, ascending.</param>
/// <param name="ByBlocks">Block after block.</param>
internal sealed record Segment(IReadOnlyList<int> Layers, bool ByBlocks)
{
    /// <summary>
    /// Cuts the chain before every layer for which something crosses, on whichever worker: all programs follow one global order, so that
    /// no two workers can wait for each other.
    /// </summary>
    public static IReadOnlyList<Segment> Cut(PieceGraph graph, MicroBatches microBatches)
    {
        if (microBatches == MicroBatches.Pipeline)
        {
            // The loss is known before the first gradient: the softmax's gradient of one block must not take the place of another's.
            return [.. graph.Layers.GroupBy(l => l is SoftmaxLayer).OrderBy(g => g.Key).Select(g => new Segment([.. g.Select(l => l.Number)], !g.Key))];
        }
        var segments = new List<Segment>();
        var run = new List<int>();
        var whole = false;
        foreach (var layer in graph.Layers)
        {
            whole |= layer is FullyConnectedLayer or SoftmaxLayer;
            if (run.Count > 0 && (whole || Crosses(graph, layer.Number)))
            {
                segments.Add(new Segment([.. run], true));
                run.Clear();
            }
            if (whole) segments.Add(new Segment([layer.Number], false));
            else run.Add(layer.Number);
        }
        if (run.Count > 0) segments.Add(new Segment([.. run], true));   // a dense network ends with convolutions
        return segments;
    }

    private static bool Crosses(PieceGraph graph, int layer) =>
        graph.Pieces(layer - 1).Any(q => graph.Readers(q).Any(r => r.Holders.Any(h => !q.IsOn(h))));
}

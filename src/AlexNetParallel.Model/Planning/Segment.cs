using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Planning;

/// <summary>
/// A run of layers that is worked through together. In order of blocks, one block goes through all the layers before the next begins:
/// a block's maps are still in cache for the next layer, and its slab is under way while the next is computed. From the first fully
/// connected layer on each layer stands by itself and takes all blocks at once, so that its weights come from memory once.
/// </summary>
/// <param name="Layers">Layer numbers, ascending.</param>
/// <param name="ByBlocks">Block after block.</param>
internal sealed record Segment(IReadOnlyList<int> Layers, bool ByBlocks)
{
    /// <summary>
    /// Cuts the chain before every layer for which something crosses, on whichever worker: all programs follow one global order, so that
    /// no two workers can wait for each other.
    /// </summary>
    public static IReadOnlyList<Segment> Cut(PieceGraph graph)
    {
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
        return segments;
    }

    private static bool Crosses(PieceGraph graph, int layer) =>
        graph.Pieces(layer - 1).Any(q => graph.Readers(q).Any(r => r.Holders.Any(h => !q.IsOn(h))));
}

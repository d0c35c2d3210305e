using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>One layer's work on some blocks: a place in the global order of which every worker's program is a part.</summary>
/// <param name="Forward">Towards the loss; else towards the images.</param>
/// <param name="Layer">Number of the layer.</param>
/// <param name="Blocks">The case blocks.</param>
internal sealed record Turn(bool Forward, int Layer, BlockRange Blocks);

/// <summary>The global order of a tick.</summary>
internal static class ProgramOrder
{
    public static IReadOnlyList<Turn> Of(PieceGraph graph, IReadOnlyList<Segment> segments, MicroBatches microBatches)
    {
        if (microBatches is MicroBatches.None or MicroBatches.Pipeline) return [.. Pass(graph, segments, true), .. Pass(graph, segments, false)];
        Segment[] top = [.. segments.Where(s => !s.ByBlocks)];
        Segment[] bottom = [.. segments.Where(s => s.ByBlocks)];
        var turns = new List<Turn>(Pass(graph, bottom, true));
        foreach (var block in microBatches == MicroBatches.Turns ? Enumerable.Range(0, graph.Blocks) : Slices(graph))
        {
            turns.AddRange(top.SelectMany(s => s.Layers).Select(layer => new Turn(true, layer, new BlockRange(block, 1))));
            turns.AddRange(top.Reverse().SelectMany(s => s.Layers.Reverse()).Select(layer => new Turn(false, layer, new BlockRange(block, 1))));
        }
        turns.AddRange(Pass(graph, bottom, false));
        return turns;
    }

    private static IEnumerable<Turn> Pass(PieceGraph graph, IReadOnlyList<Segment> segments, bool forward)
    {
        foreach (var segment in forward ? segments : segments.Reverse())
        {
            var layers = forward ? segment.Layers : [.. segment.Layers.Reverse()];
            var runs = segment.ByBlocks ? Enumerable.Range(0, graph.Blocks).Select(b => new BlockRange(b, 1)) : [new BlockRange(0, graph.Blocks)];
            foreach (var blocks in runs)
                foreach (var layer in layers)
                    yield return new Turn(forward, layer, blocks);
        }
    }

    /// <summary>The first block of every worker's share of the batch, then the second of each, and so on. The last block of the batch comes last.</summary>
    private static IEnumerable<int> Slices(PieceGraph graph)
    {
        var shares = Enumerable.Range(0, graph.Workers).Select(w => (First: graph.Blocks * w / graph.Workers, End: graph.Blocks * (w + 1) / graph.Workers)).ToList();
        for (var place = 0; place < graph.Blocks; place++)
            foreach (var (first, end) in shares)
                if (first + place < end) yield return first + place;
    }
}

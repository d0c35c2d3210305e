using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>Writes one worker's program: its part of the global order of segments, blocks and layers.</summary>
internal sealed class ProgramWriter(
    PieceGraph graph, IReadOnlyList<Turn> order, TensorPlanner tensors, ExchangeTable exchanges, int rank)
{
    private readonly List<Instruction> program = [];

    public IReadOnlyList<Instruction> Write()
    {
        foreach (var (forward, layer, blocks) in order)
        {
            if (forward) Forward(layer, blocks);
            else Backward(layer, blocks);
        }
        ReduceParameters();
        Update();
        return program;
    }

    private IEnumerable<(Piece Piece, BlockRange Blocks)> Own(int layer, BlockRange blocks) =>
        graph.PiecesOn(layer, rank).Select(p => (p, p.Blocks.Intersect(blocks))).Where(x => !x.Item2.IsEmpty);

    private bool Holds(BlockRange blocks, Slab slab) => exchanges.Block(slab) >= blocks.First && exchanges.Block(slab) < blocks.End;

    private void Forward(int layer, BlockRange blocks)
    {
        foreach (var slab in exchanges.To(rank, Direction.Forward, layer).Where(s => Holds(blocks, s)))
            program.Add(new ReceiveInstruction(Phase.Forward, layer, slab));
        foreach (var (piece, run) in Own(layer, blocks))
        {
            program.Add(piece.Layer is SoftmaxLayer
                ? new LossInstruction(layer, piece, run, graph.NeedsGradient(layer - 1) ? tensors.InputGradientTarget(piece, rank).Id : -1)
                : new ForwardInstruction(layer, piece, run));
        }
        foreach (var slab in exchanges.From(rank, Direction.Forward, layer + 1).Where(s => Holds(blocks, s)))
            program.Add(new SendInstruction(Phase.Forward, layer + 1, slab));
    }

    private void Backward(int layer, BlockRange blocks)
    {
        if (!graph.NeedsGradient(layer)) return;
        var own = Own(layer, blocks).ToList();
        if (graph.Layers[layer] is not SoftmaxLayer)
        {
            foreach (var (piece, run) in own) CompleteGradient(piece, run);
            if (graph.Layers[layer] is not PoolingLayer && graph.Layers[layer].Neuron != Neuron.None)
                foreach (var (piece, run) in own) program.Add(new NeuronGradientInstruction(layer, piece, run));
        }
        if (graph.NeedsGradient(layer - 1))
        {
            foreach (var (piece, run) in own)
            {
                if (piece.Layer is not SoftmaxLayer)
                    program.Add(new InputGradientInstruction(layer, piece, run, tensors.InputGradientTarget(piece, rank).Id));
                foreach (var slab in exchanges.From(rank, Direction.Backward, layer).Where(s => exchanges.Piece(s) == piece.Id && Holds(run, s)))
                    program.Add(new SendInstruction(Phase.Backward, layer, slab));
            }
        }
        // After the sends: what crosses is under way while the weights' gradients are computed.
        foreach (var (piece, run) in own.Where(o => o.Piece.Layer is WeightedLayer)) WeightGradient(piece, run);
    }

    private void CompleteGradient(Piece piece, BlockRange run)
    {
        var layer = piece.Layer.Number;
        if (graph.Readers(piece).Any(r => r.IsOn(rank) && graph.WritesGradientDirectly(r, rank))) return;
        var target = tensors.Get(rank, TensorRole.Gradient, layer).Id;
        for (var block = run.First; block < run.End; block++)
        {
            foreach (var (channels, readers) in graph.Contributions(piece, block))
            {
                foreach (var reader in readers.Where(r => !r.IsOn(rank)))
                    foreach (var slab in exchanges.To(rank, Direction.Backward, layer + 1).Where(s => exchanges.Piece(s) == reader.Id && exchanges.Block(s) == block))
                        AddReceiveOnce(slab, layer);
                program.Add(new SumInstruction(layer, channels, block, target,
                    [.. readers.Select(r => tensors.Get(rank, r.IsOn(rank) ? TensorRole.Contribution : TensorRole.ReceivedContribution, r.Id).Id)]));
            }
        }
    }

    private readonly HashSet<int> received = [];

    private void AddReceiveOnce(Slab slab, int layer)
    {
        if (received.Add(slab.Id)) program.Add(new ReceiveInstruction(Phase.Backward, layer + 1, slab));
    }

    private ParameterSet SetOf(Piece piece) => tensors.Parameters(rank).Single(s => s.Layer == piece.Layer && s.Outputs == piece.Output);

    private void WeightGradient(Piece piece, BlockRange run)
    {
        var layer = piece.Layer.Number;
        var set = SetOf(piece);
        if (piece.Layer is FullyConnectedLayer)
        {
            // Once for all blocks: the weights stay as they are until the last block's input gradient is done.
            if (run.End < piece.Blocks.End) return;
            run = piece.Blocks;
        }
        if (piece.Layer is FullyConnectedLayer && !set.IsShared)
        {
            program.Add(new FusedUpdateInstruction(layer, piece, run, set.Id));
            return;
        }
        program.Add(new WeightGradientInstruction(layer, piece, run, run.First == piece.Blocks.First, set.Id));
        if (!set.IsShared || run.End != piece.Blocks.End) return;
        foreach (var slab in exchanges.From(rank, Direction.Reduce, layer).Where(s => exchanges.Piece(s) == set.Id))
            program.Add(new SendInstruction(Phase.Backward, layer, slab));
    }

    private void ReduceParameters()
    {
        foreach (var set in tensors.Parameters(rank).Where(s => s.IsShared).OrderByDescending(s => s.Layer.Number))
        {
            var layer = set.Layer.Number;
            var (offset, count) = TensorPlanner.Share(set, rank);
            var theirs = set.Sharers.Where(s => s != rank).ToDictionary(s => s, s => tensors.Get(rank, TensorRole.ReceivedParameterGradient, TensorPlanner.SharerKey(set, s)).Id);
            foreach (var slab in exchanges.To(rank, Direction.Reduce, layer).Where(s => theirs.ContainsValue(s.DestinationTensor)))
                program.Add(new ReceiveInstruction(Phase.Backward, layer, slab));
            if (count > 0)
                program.Add(new SumParametersInstruction(layer, set.Id, offset, count, [.. set.Sharers.Select(s => s == rank ? set.GradientTensor : theirs[s])]));
            foreach (var slab in exchanges.From(rank, Direction.Gather, layer).Where(s => s.SourceTensor == set.GradientTensor))
                program.Add(new SendInstruction(Phase.Backward, layer, slab));
        }
    }

    private void Update()
    {
        foreach (var set in tensors.Parameters(rank).OrderByDescending(s => s.Layer.Number))
        {
            if (set.Layer is FullyConnectedLayer && !set.IsShared) continue;
            foreach (var slab in exchanges.To(rank, Direction.Gather, set.Layer.Number).Where(s => s.DestinationTensor == set.GradientTensor))
                program.Add(new ReceiveInstruction(Phase.Update, set.Layer.Number, slab));
            program.Add(new UpdateInstruction(set.Layer.Number, set.Id));
        }
    }
}

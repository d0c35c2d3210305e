using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>
/// Derives everything from one rule: a worker owns the boxes that its pieces compute, needs the boxes that its pieces read, and what it
/// needs and does not own crosses. Backward the same boxes flow the other way, and the owner adds them in the order of the pieces.
/// </summary>
internal sealed class PlanCompiler
{
    private readonly Network network;
    private readonly Partition partition;
    private readonly int workers;
    private readonly int batch;

    public PlanCompiler(Network network, Partition partition, int workers, int batch)
    {
        if (workers < 1) throw new PlanException($"found {workers} workers; expected at least 1");
        if (batch < 1) throw new PlanException($"found a batch of {batch} images; expected at least 1");
        (this.network, this.partition, this.workers, this.batch) = (network, partition, workers, batch);
    }

    public Plan Compile()
    {
        var blocks = CaseBlock.Count(batch);
        var pieces = new PieceCutter(network, partition, workers, blocks).Cut();
        var graph = new PieceGraph(network, pieces, workers, blocks);
        var segments = Segment.Cut(graph, partition.MicroBatches);
        var tensors = new TensorPlanner(graph, segments);
        var exchanges = new ExchangePlanner(graph, tensors, partition.Wire.For(partition.Name, network)).Plan();
        var order = ProgramOrder.Of(graph, segments, partition.MicroBatches);
        var programs = new WorkerProgram[workers];
        for (var rank = 0; rank < workers; rank++)
        {
            var parameters = tensors.Parameters(rank);
            var instructions = new ProgramWriter(graph, order, tensors, exchanges, rank).Write();
            var own = tensors.Of(rank);
            programs[rank] = new WorkerProgram(rank, own, parameters, instructions, Memory(own, parameters));
        }
        var hash = PlanHash.Compute(network, batch, pieces, exchanges, programs);
        return new Plan(network, partition, workers, batch, pieces, exchanges.Exchanges, exchanges.Slabs, programs, hash);
    }

    private static MemoryTable Memory(IReadOnlyList<PlannedTensor> tensors, IReadOnlyList<ParameterSet> parameters)
    {
        long Bytes(params TensorRole[] roles) => tensors.Where(t => roles.Contains(t.Role)).Sum(t => t.Bytes);
        var count = parameters.Sum(p => p.Count) * sizeof(float);
        return new MemoryTable(
            Bytes(TensorRole.Image), Bytes(TensorRole.Activation), Bytes(TensorRole.Gradient, TensorRole.Contribution),
            Bytes(TensorRole.ReceivedContribution, TensorRole.ReceivedParameterGradient), count, count,
            parameters.Where(p => p.IsShared || p.Layer is ConvolutionLayer).Sum(p => p.Count) * sizeof(float));
    }
}

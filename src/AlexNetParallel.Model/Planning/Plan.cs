using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>
/// The result of compiling (network, partition, number of workers, batch size): a program for each worker and the exchanges between them. A pure
/// value: coordinator and workers each compile it and compare <see cref="Sha256"/>.
/// </summary>
/// <param name="Network">What is computed.</param>
/// <param name="Partition">Where.</param>
/// <param name="Workers">Number of workers.</param>
/// <param name="Batch">Images of a batch.</param>
/// <param name="Pieces">By layer number.</param>
/// <param name="Exchanges">In the order in which they happen.</param>
/// <param name="Slabs">By number.</param>
/// <param name="Programs">By rank.</param>
/// <param name="Sha256">Of all of it, lower-case hexadecimal.</param>
public sealed record Plan(
    Network Network, Partition Partition, int Workers, int Batch, IReadOnlyList<IReadOnlyList<Piece>> Pieces,
    IReadOnlyList<PlannedExchange> Exchanges, IReadOnlyList<Slab> Slabs, IReadOnlyList<WorkerProgram> Programs, string Sha256)
{
    /// <summary>Case blocks of a batch.</summary>
    public int Blocks => CaseBlock.Count(Batch);

    /// <summary>Payload of all exchanges of one training step.</summary>
    public long BytesPerStep => Exchanges.Sum(e => e.Bytes);

    /// <summary>Payload of all exchanges of one test batch.</summary>
    public long BytesPerTest => Exchanges.Where(e => e.Direction == Direction.Forward).Sum(e => e.Bytes);

    /// <summary>Compiles a plan.</summary>
    /// <exception cref="PlanException">The four do not fit together.</exception>
    public static Plan Compile(Network network, Partition partition, int workers, int batch) =>
        new PlanCompiler(network, partition, workers, batch).Compile();
}

using AlexNetParallel.Cli.Output;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>A plan for people and for programs.</summary>
internal sealed class PlanReport(Plan plan)
{
    /// <summary>What crosses in one direction between two workers for one exchange of a step.</summary>
    private sealed record Crossing(string Layer, string Direction, int From, int To, long Bytes);

    private IReadOnlyList<Crossing> Crossings =>
    [
        .. from exchange in plan.Exchanges
           from transfer in exchange.Transfers
           group transfer.Bytes by (exchange.Layer, exchange.Direction, transfer.From, transfer.To) into pair
           select new Crossing(pair.Key.Layer, Word(pair.Key.Direction), pair.Key.From, pair.Key.To, pair.Sum()),
    ];

    private long FlopPerStep => plan.Network.TrainingOperations * plan.Batch;

    /// <summary>One object.</summary>
    /// <param name="programs">With every instruction.</param>
    public object Json(bool programs) => new
    {
        Network = plan.Network.Name,
        plan.Network.Dialect,
        Partition = plan.Partition.Name,
        plan.Batch,
        Parameters = plan.Network.ParameterCount,
        MultiplyAddsPerImage = plan.Network.MultiplyAdds,
        plan.BytesPerStep,
        BytesPerTestBatch = plan.BytesPerTest,
        plan.Blocks,
        FlopPerStep,
        PlanSha256 = plan.Sha256,
        Layers = plan.Network.Layers.Select(l => new
        {
            l.Name,
            Type = LayerTypes.Of(l),
            Output = new[] { l.Output.Channels, l.Output.Height, l.Output.Width },
            l.Towers,
            l.Reads,
            Sharding = Sharding(l),
            Parameters = (l as WeightedLayer)?.ParameterCount ?? 0,
            MultiplyAdds = (l as WeightedLayer)?.MultiplyAdds ?? 0,
        }),
        Exchanges = Crossings,
        Workers = plan.Programs.Select(p => new
        {
            p.Rank,
            MemoryBytes = p.Memory.Total,
            p.Memory,
            CudaMemoryBytes = CudaMemory(p),
            FlopPerStep = Flop(p.Rank),
            Parameters = p.Parameters.Sum(s => s.Count),
            Instructions = p.Instructions.Count,
            Program = programs ? p.Instructions.Select(InstructionText.Describe) : null,
        }),
    };

    /// <summary>Tables.</summary>
    /// <param name="results">Where to.</param>
    /// <param name="programs">With every instruction.</param>
    public void Print(ResultWriter results, bool programs)
    {
        var dialect = plan.Network.Dialect.Length > 0 ? $" ({plan.Network.Dialect})" : "";
        results.Line($"{plan.Network.Name}{dialect}, partition {plan.Partition.Name}, {plan.Workers} workers, batch {plan.Batch}, plan {plan.Sha256[..12]}");
        results.Line($"{Units.Count(plan.Network.ParameterCount)} parameters, {Units.Count(plan.Network.MultiplyAdds)} multiply-adds an image, {Units.Flop(FlopPerStep)} a training step");
        results.Line();
        results.Table("Layers", ["layer", "type", "output", "reads", "sharding", ">parameters", ">multiply-adds"],
        [
            .. plan.Network.Layers.Select(l => (IReadOnlyList<string>)
            [
                l.Name, LayerTypes.Of(l), l.Output.ToString(), Reads(l), Sharding(l),
                l is WeightedLayer w ? Units.Count(w.ParameterCount) : "", l is WeightedLayer v ? Units.Count(v.MultiplyAdds) : "",
            ]),
        ]);
        var crossings = Crossings;
        if (crossings.Count == 0) results.Line("Nothing crosses between workers.\n");
        else results.Table($"Exchanges of a training step: {Units.Count(plan.BytesPerStep)} bytes; of a test batch: {Units.Count(plan.BytesPerTest)}", ["layer", "direction", ">from", ">to", ">bytes"],
            [.. crossings.Select(c => (IReadOnlyList<string>)[c.Layer, c.Direction, $"{c.From}", $"{c.To}", Units.Count(c.Bytes)])]);
        results.Table("Workers", [">rank", ">FLOP a step", ">parameters", ">memory", ">images", ">activations", ">gradients", ">received", ">weights", ">momentum", ">weight gradients", ">memory on CUDA"],
        [
            .. plan.Programs.Select(p => (IReadOnlyList<string>)
            [
                $"{p.Rank}", Units.Flop(Flop(p.Rank)), Units.Count(p.Parameters.Sum(s => s.Count)), Units.Bytes(p.Memory.Total), Units.Bytes(p.Memory.Images), Units.Bytes(p.Memory.Activations),
                Units.Bytes(p.Memory.Gradients), Units.Bytes(p.Memory.Received), Units.Bytes(p.Memory.Parameters), Units.Bytes(p.Memory.Momentum), Units.Bytes(p.Memory.ParameterGradients), Units.Bytes(CudaMemory(p)),
            ]),
        ]);
        if (!programs) return;
        foreach (var program in plan.Programs)
        {
            results.Line($"Program of worker {program.Rank}");
            for (var i = 0; i < program.Instructions.Count; i++) results.Line($"  {i,4}  {InstructionText.Describe(program.Instructions[i])}");
            results.Line();
        }
    }

    /// <summary>What a worker takes of a CUDA device, to the byte: scratch memory is in it, and tensors that cross take whole pieces. Without cuBLAS, which needs a little less.</summary>
    private static long CudaMemory(WorkerProgram program) => new CudaMemoryPlan(program, cublas: false).Bytes;

    private static string Word(Direction direction) => direction.ToString().ToLowerInvariant();

    private string Sharding(Layer layer) => plan.Partition.For(plan.Network)[layer.Number].ToString();

    // Which towers each tower reads, shortly: "all", "tower", or the lists.
    private static string Reads(Layer layer)
    {
        if (layer.InputTowers == 1) return layer.Number == 0 ? "image" : "all";
        if (layer.Reads.All(r => r.Count == layer.InputTowers)) return "all";
        if (layer.Reads.Select((r, tower) => r.Count == 1 && r[0] == tower).All(own => own)) return "tower";
        return string.Join(' ', layer.Reads.Select(r => $"[{string.Join(',', r)}]"));
    }

    // Two operations a multiply-add; forward, weight gradient, and input gradient but for the first layer.
    private double Flop(int rank) => plan.Pieces.SelectMany(p => p).Where(p => p.Layer is WeightedLayer && p.IsOn(rank)).Sum(p =>
    {
        var layer = (WeightedLayer)p.Layer;
        var cases = Math.Min(plan.Batch, p.Blocks.End * CaseBlock.Cases) - p.Blocks.First * CaseBlock.Cases;
        return 2.0 * (layer.Number == 0 ? 2 : 3) * layer.FanIn * p.Output.Count * layer.Output.Pixels * cases;
    });
}

namespace AlexNetParallel.Model.Planning;

/// <summary>Instructions in one line each: as `alexnet plan --program` shows them, as failure reports name them, and as the plan's hash reads them.</summary>
public static class InstructionText
{
    /// <summary>The text.</summary>
    public static string Describe(Instruction instruction) => instruction switch
    {
        ForwardInstruction i => $"forward {i.Piece} {i.Blocks}",
        LossInstruction i => $"loss {i.Piece} {i.Blocks} → tensor {i.Target}",
        NeuronGradientInstruction i => $"neuron gradient {i.Piece} {i.Blocks}",
        InputGradientInstruction i => $"input gradient {i.Piece} {i.Blocks} → tensor {i.Target}",
        WeightGradientInstruction i => $"weight gradient {i.Piece} {i.Blocks}{(i.First ? " first" : "")}",
        FusedUpdateInstruction i => $"weight gradient and update {i.Piece} {i.Blocks}",
        SumInstruction i => $"sum {i.Channels} block {i.Block} of tensors {string.Join(" + ", i.Sources)} → tensor {i.Target}",
        SumParametersInstruction i => $"sum parameters {i.Parameters} [{i.Offset},{i.Offset + i.Count}) of tensors {string.Join(" + ", i.Sources)}",
        UpdateInstruction i => $"update parameters {i.Parameters}",
        SendInstruction i => $"send slab {i.Slab.Id} to worker {i.Slab.To}",
        ReceiveInstruction i => $"receive slab {i.Slab.Id} from worker {i.Slab.From}",
        _ => instruction.ToString(),
    };
}

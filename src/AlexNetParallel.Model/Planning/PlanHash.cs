using System.Security.Cryptography;
using System.Text;
using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Planning;

/// <summary>One number for a whole plan, so that workers can tell that they compiled the same.</summary>
internal static class PlanHash
{
    public static string Compute(
        Network network, int batch, IReadOnlyList<IReadOnlyList<Piece>> pieces, ExchangeTable exchanges, IReadOnlyList<WorkerProgram> programs)
    {
        var text = new StringBuilder();
        text.Append(network.Name).Append(' ').Append(network.Dialect).Append(' ').Append(network.Input).Append(" batch ").Append(batch).Append('\n');
        foreach (var layer in network.Layers)
        {
            text.Append(Describe(layer)).Append('\n');
            foreach (var piece in pieces[layer.Number])
                text.Append("  ").Append(piece).Append(" reads ").Append(piece.Input).Append(" on ").AppendJoin(',', piece.Holders).Append('\n');
        }
        foreach (var slab in exchanges.Slabs) text.Append(slab).Append('\n');
        foreach (var program in programs)
        {
            foreach (var tensor in program.Tensors) text.Append(tensor.Name).Append(' ').Append(tensor.Layout).Append('\n');
            foreach (var instruction in program.Instructions) text.Append(Describe(instruction)).Append('\n');
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Describe(Layer layer) => layer switch
    {
        ConvolutionLayer c => $"{c.Number} {c.Name} {c.Shape(c.Output.Channels)} {c.Neuron} {c.InitialDeviation} {c.InitialBias}",
        FullyConnectedLayer f => $"{f.Number} {f.Name} {f.Shape(f.Output.Channels)} {f.Neuron} {f.InitialDeviation} {f.InitialBias}",
        PoolingLayer p => $"{p.Number} {p.Name} {p.Shape(p.Output.Channels)} {p.Neuron}",
        NormalizationLayer n => $"{n.Number} {n.Name} {n.Shape(n.TowerChannels)} {n.Towers}",
        DropoutLayer d => $"{d.Number} {d.Name} keep {d.Keep}",
        _ => $"{layer.Number} {layer.Name} {layer.GetType().Name} {layer.Output} {layer.Neuron}",
    };

    /// <summary>An instruction in one line, as `alexnet plan` shows it.</summary>
    internal static string Describe(Instruction instruction) => instruction switch
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

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
            foreach (var instruction in program.Instructions) text.Append(InstructionText.Describe(instruction)).Append('\n');
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
}

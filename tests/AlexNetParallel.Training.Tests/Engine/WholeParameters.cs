using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Tests.Engine;

/// <summary>Sets and reads a layer's parameters whole, whatever workers hold of them.</summary>
internal static class WholeParameters
{
    public static void Import(LocalWorkers workers, WeightedLayer layer, ParameterKind kind, float[] whole)
    {
        foreach (var engine in workers.Engines)
            foreach (var set in engine.Program.Parameters.Where(s => s.Layer == layer))
            {
                var rows = whole.Length / layer.Output.Channels;
                var part = new float[rows * set.Outputs.Count];
                for (var row = 0; row < rows; row++)
                    whole.AsSpan(row * layer.Output.Channels + set.Outputs.First, set.Outputs.Count).CopyTo(part.AsSpan(row * set.Outputs.Count));
                engine.Parameters(set.Id).Import(kind, part);
            }
    }

    public static float[] Export(LocalWorkers workers, WeightedLayer layer, ParameterKind kind)
    {
        var rows = kind is ParameterKind.Biases or ParameterKind.BiasGradient or ParameterKind.BiasMomentum ? 1 : layer.FanIn;
        var whole = new float[(long)rows * layer.Output.Channels];
        foreach (var engine in workers.Engines)
            foreach (var set in engine.Program.Parameters.Where(s => s.Layer == layer))
            {
                var part = new float[(long)rows * set.Outputs.Count];
                engine.Parameters(set.Id).Export(kind, part);
                for (var row = 0; row < rows; row++)
                    part.AsSpan(row * set.Outputs.Count, set.Outputs.Count).CopyTo(whole.AsSpan(row * layer.Output.Channels + set.Outputs.First));
            }
        return whole;
    }
}

using System.Runtime.Intrinsics;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Networks;

/// <summary>
/// Initial weights, N(0, σ²), all independent. A weight's random number is keyed by (seed, layer, place in the whole layer), so that a worker computes
/// its columns alone, and gets the same bits under every partition and on every machine. The biases are the layer's <see cref="WeightedLayer.InitialBias"/>.
/// </summary>
public static class InitialWeights
{
    /// <summary>Standard deviation of a layer's weights: its own, or √(2 / fan-in).</summary>
    public static double Deviation(WeightedLayer layer) => layer.InitialDeviation ?? Math.Sqrt(2.0 / layer.FanIn);

    /// <summary>All weights of a layer: (fan-in, outputs), outputs fastest.</summary>
    public static float[] Of(WeightedLayer layer, ulong seed)
    {
        var weights = new float[layer.WeightCount];
        Fill(weights, layer, new ChannelRange(0, layer.Output.Channels), seed);
        return weights;
    }

    /// <summary>The weights of some outputs of a layer.</summary>
    /// <param name="destination">(fan-in, outputs), outputs fastest: FanIn · outputs.Count floats.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="outputs">The outputs (kernels, units), numbered in the whole layer.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="ArgumentException">The destination has another length, or the layer does not have these outputs.</exception>
    public static void Fill(Span<float> destination, WeightedLayer layer, ChannelRange outputs, ulong seed)
    {
        if (outputs.First < 0 || outputs.End > layer.Output.Channels) throw new ArgumentException($"layer {layer.Name} has {layer.Output.Channels} outputs, not {outputs}", nameof(outputs));
        if (destination.Length != (long)layer.FanIn * outputs.Count) throw new ArgumentException($"{destination.Length} floats for {layer.FanIn} × {outputs.Count} weights", nameof(destination));
        var deviation = Deviation(layer);
        for (var row = 0; row < layer.FanIn; row++)
        {
            FillRun(destination.Slice(row * outputs.Count, outputs.Count), (long)row * layer.Output.Channels + outputs.First, deviation, layer.Number, seed);
        }
    }

    /// <summary>Weights that follow each other in the whole layer; each call of the generator gives four.</summary>
    private static void FillRun(Span<float> destination, long first, double deviation, int layer, ulong seed)
    {
        Span<float> four = stackalloc float[4];
        for (var done = 0; done < destination.Length;)
        {
            var place = first + done;
            var (x, y, z, w) = Philox.Words(seed, RandomPurpose.Weights, layer, 0, place >> 2);
            var numbers = NormalQuantile.Of(x, y, z, w) * deviation;
            Vector128.Narrow(numbers.GetLower(), numbers.GetUpper()).CopyTo(four);
            var lane = (int)(place & 3);
            var taken = Math.Min(4 - lane, destination.Length - done);
            four.Slice(lane, taken).CopyTo(destination[done..]);
            done += taken;
        }
    }
}

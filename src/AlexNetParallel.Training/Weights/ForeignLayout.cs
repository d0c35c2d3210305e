using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Training.Weights;

/// <summary>
/// A layer's weights as Caffe, PyTorch and ONNX have them, [kernels, channels / groups, ky, kx] and [units, inputs], and in our canonical order, (inputs of a tower, outputs), outputs
/// fastest. A layer that reads its own tower is what they call grouped: group 1 is tower 0, group 2 tower 1.
/// </summary>
public static class ForeignLayout
{
    /// <summary>Groups of a layer: its towers where each reads its own, else 1.</summary>
    public static int Groups(WeightedLayer layer) => layer.Towers > 1 && ReadsOwn(layer) ? layer.Towers : 1;

    /// <summary>Shape of the weights outside. A layer whose towers read some of the others, and a fully connected one in towers, becomes one that reads all with zeros for the rest.</summary>
    public static IReadOnlyList<long> Shape(WeightedLayer layer) => layer is ConvolutionLayer c
        ? [c.Output.Channels, c.Input.Channels / Groups(c), c.KernelSize, c.KernelSize]
        : [layer.Output.Channels, layer.Input.Units];

    /// <summary>From canonical order.</summary>
    public static float[] ToForeign(WeightedLayer layer, ReadOnlySpan<float> canonical)
    {
        var foreign = new float[Shape(layer).Aggregate(1L, (p, s) => p * s)];
        foreach (var (inside, outside) in Pairs(layer)) foreign[outside] = canonical[(int)inside];
        return foreign;
    }

    /// <summary>To canonical order. What a tower does not read is left out, and must be 0 there.</summary>
    /// <exception cref="WeightsException">A weight that the layer does not have is not 0.</exception>
    public static float[] ToCanonical(WeightedLayer layer, ReadOnlySpan<float> foreign)
    {
        var canonical = new float[layer.WeightCount];
        var kept = 0;
        foreach (var (inside, outside) in Pairs(layer))
        {
            canonical[inside] = foreign[(int)outside];
            if (foreign[(int)outside] != 0) kept++;
        }
        var all = 0;
        foreach (var value in foreign) if (value != 0) all++;
        return kept == all ? canonical
            : throw new WeightsException($"layer {layer.Name} has {all - kept} weights from towers that it does not read in this network; expected a network that joins its towers there, or grouped weights");
    }

    private static bool ReadsOwn(WeightedLayer layer) => layer is ConvolutionLayer && layer.InputTowers == layer.Towers && layer.Reads.Select((r, tower) => r.Count == 1 && r[0] == tower).All(own => own);

    // Index in canonical order and index outside, for every weight that the layer has.
    private static IEnumerable<(long Inside, long Outside)> Pairs(WeightedLayer layer)
    {
        var groups = Groups(layer);
        var window = layer is ConvolutionLayer c ? c.KernelSize * c.KernelSize : layer.Input.Pixels;
        var channelsOutside = layer.Input.Channels / groups;
        for (var tower = 0; tower < layer.Towers; tower++)
        {
            var outputs = layer.TowerRange(tower);
            var row = 0L;
            foreach (var channel in layer.InputChannels(tower).Each())
            {
                var channelOutside = groups > 1 ? channel - tower * channelsOutside : channel;
                for (var tap = 0; tap < window; tap++, row++)
                    for (var output = outputs.First; output < outputs.End; output++)
                        yield return (row * layer.Output.Channels + output, ((long)output * channelsOutside + channelOutside) * window + tap);
            }
        }
    }
}

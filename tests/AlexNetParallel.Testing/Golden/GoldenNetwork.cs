using System.Text.Json;

namespace AlexNetParallel.Testing.Golden;

/// <summary>
/// A golden run of a whole two-tower AlexNet: conv → ReLU → response normalisation → 3/2 max pool (twice), three convolutions with ReLU, pool, fc6, fc7 with
/// ReLU, fc8, softmax; no dropout. "tiny_*" nets (99×99 images, batch 3) come with three steps of training, "full_*" ones (227×227, batch 2, all 60,965,224
/// parameters from a hash) with one forward and backward pass. Losses and gradients in the files are of the mean loss.
/// </summary>
public sealed class GoldenNetwork
{
    private readonly GoldenCase golden;
    private readonly GoldenCase inputs;
    private readonly JsonElement normalization;

    private GoldenNetwork(GoldenCase golden, GoldenCase inputs, IReadOnlyList<GoldenLayer> layers)
    {
        this.golden = golden;
        this.inputs = inputs;
        normalization = golden.Attributes.GetProperty("lrn");
        Layers = layers;
        Batch = inputs.Integer("batch");
        ImageSize = inputs.Integer("input_hw");
    }

    /// <summary>Loads tiny_paper, tiny_paper_towers, tiny_code2012, full_paper or full_code2012; skips the test where its files are missing.</summary>
    public static GoldenNetwork Open(string name)
    {
        var golden = GoldenCase.Open(name);
        if (!golden.Attributes.TryGetProperty("common", out var common))
            return new GoldenNetwork(golden, golden, GoldenLayer.AlexNet([96, 256, 384, 384, 256], 4096, 1000, 36));
        var inputs = GoldenCase.Open(common.GetString()!);
        int[] channels = [.. inputs.Attributes.GetProperty("channels").EnumerateArray().Select(c => c.GetInt32())];
        var last = inputs.Integer("pool5_hw");
        return new GoldenNetwork(golden, inputs, GoldenLayer.AlexNet(channels, inputs.Integer("fc"), inputs.Integer("classes"), last * last));
    }

    /// <summary>Name of the case.</summary>
    public string Name => golden.Name;

    /// <summary>True for the full-size network, whose expectations are samples and sums (<see cref="GoldenSample"/>).</summary>
    public bool IsFull => ReferenceEquals(golden, inputs);

    /// <summary>conv1 … fc8.</summary>
    public IReadOnlyList<GoldenLayer> Layers { get; }

    /// <summary>Images of a step.</summary>
    public int Batch { get; }

    /// <summary>Rows, and pixels of a row, of an image; 3 channels.</summary>
    public int ImageSize { get; }

    /// <summary>Classes.</summary>
    public int Classes => Layers[^1].Outputs;

    /// <summary>Steps of training with their own images and labels: 3, or 1 for a full network (which has no update).</summary>
    public int Steps => IsFull ? 1 : 3;

    /// <summary>Towers whose maps response normalisation sums over separately: 1 (over all maps) or 2.</summary>
    public int NormalizationTowers => normalization.GetProperty("towers").GetInt32();

    /// <summary>Maps in the sum of response normalisation.</summary>
    public int NormalizationSize => normalization.GetProperty("n").GetInt32();

    /// <summary>k of response normalisation.</summary>
    public float NormalizationK => normalization.GetProperty("k").GetSingle();

    /// <summary>Coefficient on the plain sum of squares.</summary>
    public float NormalizationAlpha => normalization.GetProperty("alpha").GetSingle();

    /// <summary>Exponent of response normalisation.</summary>
    public float NormalizationBeta => normalization.GetProperty("beta").GetSingle();

    /// <summary>Learning rate of the weights (tiny networks).</summary>
    public float Rate => (float)golden.Number("eps");

    /// <summary>Learning rate of the biases (tiny networks).</summary>
    public float BiasRate => (float)(golden.Number("eps") * golden.Number("bias_rate_factor"));

    /// <summary>Momentum (tiny networks).</summary>
    public float Momentum => (float)golden.Number("momentum");

    /// <summary>Weight decay (tiny networks).</summary>
    public float WeightDecay => (float)golden.Number("weight_decay");

    /// <summary>True where biases decay like weights, which the 2012 program's do not (tiny networks).</summary>
    public bool BiasesDecay => golden.Attributes.GetProperty("bias_has_weight_decay").GetBoolean();

    /// <summary>The images of a step, from 1.</summary>
    public HostTensor Images(int step)
    {
        var size = Batch * 3 * ImageSize * ImageSize;
        var values = IsFull ? GoldenHash.Pixels(HashId("x"), size) : inputs["x"].Values.AsSpan((step - 1) * size, size);
        return new HostTensor(Batch, 3, ImageSize, ImageSize, values);
    }

    /// <summary>The labels of a step, from 1.</summary>
    public int[] Labels(int step) => IsFull ? GoldenHash.Labels(HashId("labels"), Batch) : inputs["labels"].Integers()[((step - 1) * Batch)..(step * Batch)];

    /// <summary>A layer's weights before the first step, in canonical order.</summary>
    public float[] Weights(GoldenLayer layer) => layer.ToCanonical(IsFull
        ? GoldenHash.Weights(HashId($"{layer.Name}.w"), layer.WeightCount, golden.Attributes.GetProperty("scale").GetProperty($"{layer.Name}.w").GetDouble())
        : inputs[$"{layer.Name}.w_0"].Values);

    /// <summary>A layer's biases before the first step.</summary>
    public float[] Biases(GoldenLayer layer)
    {
        var biases = new float[layer.Outputs];
        Array.Fill(biases, layer.InitialBias);
        return biases;
    }

    /// <summary>Any of the case's arrays as it stands in the file: act_conv1, prob, logits, loss, dx, …</summary>
    public Npy this[string array] => golden[array];

    /// <summary>True when the case has that array here.</summary>
    public bool Has(string array) => golden.Has(array);

    /// <summary>
    /// A tiny network's expected array of a layer's weights in canonical order. <paramref name="prefix"/>: "grad1" (gradient of step 1), "w1" … "w3" (after an
    /// update), "v3" (momentum after update 3).
    /// </summary>
    public float[] ExpectedWeights(string prefix, GoldenLayer layer) => layer.ToCanonical(golden[$"{prefix}_{layer.Name}.w"].Values);

    /// <summary>The same for its biases.</summary>
    public float[] ExpectedBiases(string prefix, GoldenLayer layer) => golden[$"{prefix}_{layer.Name}.b"].Values;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private long HashId(string tensor) => golden.Attributes.GetProperty("tensor_ids").GetProperty(tensor).GetInt64();
}

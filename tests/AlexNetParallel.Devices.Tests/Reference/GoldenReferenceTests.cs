using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Reference;

/// <summary>
/// The double-precision reference, which devices are held against, is itself held against the golden tensors: they were rounded to float32 once, so it must
/// meet them to 1e-7 of the largest magnitude.
/// </summary>
public sealed class GoldenReferenceTests
{
    private const double Rounding = 1.2e-7;

    /// <summary>Cases by operation.</summary>
    public static TheoryData<string> Cases(string operation) => [.. GoldenCase.Names(operation)];

    [SkippableTheory, MemberData(nameof(Cases), "conv2d")]
    public void Convolution(string name)
    {
        var golden = GoldenCase.Open(name);
        var (x, dy, w, b) = (golden["x"].Tensor(), golden["dy"].Tensor(), golden["w"], golden["b"].Values);
        var groups = golden.Integer("groups");
        var pads = golden.Attributes.GetProperty("pad_top_left_bottom_right");
        var shape = new ConvolutionShape(x.Channels / groups, x.Height, x.Width, dy.Channels / groups, w.Shape[2], w.Shape[3],
            golden.Integer("stride"), pads[0].GetInt32(), pads[1].GetInt32(), dy.Height, dy.Width);
        var layer = new GoldenLayer(name, groups, shape.FanIn, dy.Channels, w.Shape[2], shape.Stride, shape.PadTop, 0);
        var weights = layer.ToCanonical(w.Values);
        var dw = layer.ToCanonical(golden["dw"].Values);
        for (var group = 0; group < groups; group++)
        {
            var (input, gradient) = (Part(x, group, groups), Part(dy, group, groups));
            var own = Doubles(layer.Group(weights, group));
            double[] biases = [.. b.Skip(group * shape.Kernels).Take(shape.Kernels).Select(v => (double)v)];
            Closeness.Close(Part(golden["y"].Tensor(), group, groups), ReferenceOperations.ConvolutionForward(shape, input, own, biases), Rounding, "y");
            Closeness.Close(Part(golden["dx"].Tensor(), group, groups), ReferenceOperations.ConvolutionInputGradient(shape, gradient, own), Rounding, "dx");
            var (gotW, gotB) = ReferenceOperations.ConvolutionWeightGradient(shape, input, gradient);
            Closeness.Close(Doubles(layer.Group(dw, group)), gotW, Rounding, "dw");
            Closeness.Close(Doubles(golden["db"].Values[(group * shape.Kernels)..((group + 1) * shape.Kernels)]), gotB, Rounding, "db");
        }
    }

    [SkippableTheory, MemberData(nameof(Cases), "linear")]
    public void Fully_connected(string name)
    {
        var golden = GoldenCase.Open(name);
        var (x, dy) = (golden["x"].Tensor(), golden["dy"].Tensor());
        var shape = new FullyConnectedShape(x.Channels, x.Height * x.Width, dy.Channels);
        var layer = new GoldenLayer(name, 1, shape.Inputs, shape.Outputs, 0, 1, 0, 0);
        var w = Doubles(layer.ToCanonical(golden["w"].Values));
        Closeness.Close(golden["y"].Tensor(), ReferenceOperations.FullyConnectedForward(shape, x, w, Doubles(golden["b"].Values)), Rounding, "y");
        Closeness.Close(golden["dx"].Tensor(), ReferenceOperations.FullyConnectedInputGradient(shape, dy, w, x.Height, x.Width), Rounding, "dx");
        var (dw, db) = ReferenceOperations.FullyConnectedWeightGradient(shape, x, dy);
        Closeness.Close(Doubles(layer.ToCanonical(golden["dw"].Values)), dw, Rounding, "dw");
        Closeness.Close(Doubles(golden["db"].Values), db, Rounding, "db");
    }

    [SkippableTheory, MemberData(nameof(Cases), "maxpool2d")]
    public void Pooling(string name)
    {
        var golden = GoldenCase.Open(name);
        var (x, y, dy) = (golden["x"].Tensor(), golden["y"].Tensor(), golden["dy"].Tensor());
        var shape = new PoolingShape(x.Channels, x.Height, x.Width, golden.Integer("kernel"), golden.Integer("stride"), golden.Integer("pad"), y.Height, y.Width);
        Closeness.Close(y, ReferenceOperations.PoolingForward(shape, x), 0, "y");
        Closeness.Close(golden["dx_first"].Tensor(), ReferenceOperations.PoolingInputGradient(shape with { FirstTieOnly = true }, x, y, dy), Rounding, "dx_first");
        if (golden.Has("dx_all_ties"))
            Closeness.Close(golden["dx_all_ties"].Tensor(), ReferenceOperations.PoolingInputGradient(shape, x, y, dy), Rounding, "dx_all_ties");
    }

    [SkippableTheory, MemberData(nameof(Cases), "lrn_across_channels")]
    public void Response_normalisation(string name)
    {
        var golden = GoldenCase.Open(name);
        var (x, dy) = (golden["x"].Tensor(), golden["dy"].Tensor());
        var towers = golden.Integer("towers");
        // The file's numbers are doubles, the shape's floats: 1e-4 as a float differs by 5e-9 of it, which α ≤ 1 brings below the rounding.
        var shape = new NormalizationShape(NormalizationKind.AcrossMaps, x.Channels / towers, x.Height, x.Width, golden.Integer("n"),
            (float)golden.Number("k"), (float)golden.Number("alpha"), (float)golden.Number("beta"));
        for (var tower = 0; tower < towers; tower++)
        {
            var (input, gradient) = (Part(x, tower, towers), Part(dy, tower, towers));
            Closeness.Close(Part(golden["y"].Tensor(), tower, towers), ReferenceOperations.NormalizationForward(shape, input), Rounding, "y");
            Closeness.Close(Part(golden["dx"].Tensor(), tower, towers), ReferenceOperations.NormalizationInputGradient(shape, input, gradient), Rounding, "dx");
        }
    }

    [SkippableTheory, MemberData(nameof(Cases), "softmax_cross_entropy")]
    public void Softmax_and_log_loss(string name)
    {
        var golden = GoldenCase.Open(name);
        var logits = golden["logits"].Tensor();
        var (p, g, sums) = ReferenceOperations.SoftmaxLogLoss(logits, golden["labels"].Integers());
        Closeness.Close(golden["probs"].Tensor(), p, Rounding, "probs");
        Closeness.Close(golden["dlogits"].Tensor(), g.Map(v => v / logits.Cases), Rounding, "dlogits");
        Closeness.Close(golden["loss_mean"].Values.Select(v => (double)v).ToArray(), [sums.Loss / logits.Cases], Rounding, "loss");
    }

    [SkippableFact]
    public void Relu_and_update_and_error_counts()
    {
        var relu = GoldenCase.Open("relu");
        Closeness.Close(relu["y"].Tensor(), ReferenceOperations.NeuronForward(Neuron.Relu, relu["x"].Tensor()), 0, "relu y");
        Closeness.Close(relu["dx"].Tensor(), ReferenceOperations.NeuronGradient(Neuron.Relu, relu["y"].Tensor(), relu["dy"].Tensor()), 0, "relu dx");

        var sgd = GoldenCase.Open("sgd_rate_drop");
        var (w, v) = (Doubles(sgd["w0"].Values), new double[30]);
        var step = 0;
        foreach (var rate in sgd.Attributes.GetProperty("eps").EnumerateArray().Select(e => e.GetDouble()))
        {
            ReferenceOperations.Update(w, v, Doubles(sgd["g"].Values[(step * 30)..((step + 1) * 30)]), rate, 0.9, 0.0005, 1);
            step++;
            Closeness.Close(Doubles(sgd[$"w{step}"].Values), w, Rounding, $"w{step}");
            Closeness.Close(Doubles(sgd[$"v{step}"].Values), v, Rounding, $"v{step}");
        }

        var topk = GoldenCase.Open("topk");
        var sums = ReferenceOperations.SoftmaxLogLoss(topk["scores"].Tensor(), topk["labels"].Integers()).Sums;
        int[] errors = [(int)sums.Top1Errors, (int)sums.Top5Errors];
        Assert.Equal(topk["errors"].Integers(), errors);
    }

    private static HostTensor Part(HostTensor tensor, int part, int parts) => tensor.Slice(part * (tensor.Channels / parts), tensor.Channels / parts);

    private static double[] Doubles(float[] values) => [.. values.Select(v => (double)v)];
}

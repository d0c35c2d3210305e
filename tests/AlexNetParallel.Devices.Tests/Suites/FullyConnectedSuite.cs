using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Fully connected layers against the reference in double precision, and with themselves bit for bit.</summary>
public abstract class FullyConnectedSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    /// <summary>Results of all passes; the weights and momentum are those after one update.</summary>
    private sealed record Results(HostTensor Y, HostTensor Dx, float[] Dw, float[] Db, float[] W, float[] V, float[] B, float[] BiasV);

    private static readonly UpdateRule Rule = new(WeightRate: 0.01f, BiasRate: 0.02f, Momentum: 0.9f, WeightDecay: 0.0005f, Cases: 32);

    /// <summary>Devices times (channels, height, width, outputs, cases).</summary>
    public static TheoryData<string, int, int, int, int, int> DevicesAndSizes
    {
        get
        {
            (int, int, int, int, int)[] sizes = [(3, 2, 2, 5, 4), (1, 1, 1, 1, 1), (64, 1, 1, 10, 32), (7, 6, 6, 70, 33), (130, 1, 1, 96, 128), (40, 1, 1, 530, 3), (7, 1, 3, 33, 96), (18, 2, 2, 40, 64)];
            var data = new TheoryData<string, int, int, int, int, int>();
            foreach (var device in TVariants.Names)
                foreach (var (c, h, w, o, n) in sizes) data.Add(device, c, h, w, o, n);
            return data;
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndSizes))]
    public void Agrees_with_double_precision(string variant, int channels, int height, int width, int outputs, int cases)
    {
        using var device = Open(variant);
        var shape = new FullyConnectedShape(channels, height * width, outputs);
        var (x, dy, w, b) = Inputs(shape, height, width, cases);
        var got = Run(device, shape, x, dy, w, b, materialized: true, Neuron.Relu);
        var (w64, b64) = (Array.ConvertAll(w, v => (double)v), Array.ConvertAll(b, v => (double)v));
        var (dw, db) = ReferenceOperations.FullyConnectedWeightGradient(shape, x, dy);
        Closeness.Close(ReferenceOperations.FullyConnectedForward(shape, x, w64, b64, Neuron.Relu), got.Y, Tolerance, "y");
        Closeness.Close(ReferenceOperations.FullyConnectedInputGradient(shape, dy, w64, height, width), got.Dx, Tolerance, "dx");
        Closeness.Close(dw, Doubles(got.Dw), Tolerance, "dw");
        Closeness.Close(db, Doubles(got.Db), Tolerance, "db");
        var (v64, biasV64) = (Array.ConvertAll(w64, Momentum), Array.ConvertAll(b64, Momentum));
        ReferenceOperations.Update(w64, v64, dw, Rule.WeightRate, Rule.Momentum, Rule.WeightDecay, Rule.Cases);
        ReferenceOperations.Update(b64, biasV64, db, Rule.BiasRate, Rule.Momentum, 0, Rule.Cases);
        Closeness.Close(v64, Doubles(got.V), Tolerance, "v of the weights");
        Closeness.Close(w64, Doubles(got.W), Tolerance, "w");
        Closeness.Close(biasV64, Doubles(got.BiasV), Tolerance, "v of the biases");
        Closeness.Close(b64, Doubles(got.B), Tolerance, "b");
    }

    [SkippableTheory, MemberData(nameof(DevicesAndSizes))]
    public void Bits_do_not_depend_on_width_threads_places_or_materialising(string variant, int channels, int height, int width, int outputs, int cases)
    {
        using var first = TVariants.OpenPlain();
        using var device = Open(variant);
        var shape = new FullyConnectedShape(channels, height * width, outputs);
        var (x, dy, w, b) = Inputs(shape, height, width, cases);
        var expected = Run(first, shape, x, dy, w, b, materialized: true, Neuron.None);
        Same(expected, Run(device, shape, x, dy, w, b, materialized: true, Neuron.None), "materialised");
        Same(expected, Run(device, shape, x, dy, w, b, materialized: false, Neuron.None), "fused");
        Same(expected, Run(device, shape, x, dy, w, b, materialized: false, Neuron.None, scattered: true), "fused, with gaps and borders");
        var cut = Run(device, shape, x, dy, w, b, materialized: false, Neuron.None, oneBlockAtATime: true);
        Closeness.Same(ConvolutionCase.Floats(expected.Y), ConvolutionCase.Floats(cut.Y), "y, a call for each block");
        Closeness.Same(ConvolutionCase.Floats(expected.Dx), ConvolutionCase.Floats(cut.Dx), "dx, a call for each block");
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Tanh_comes_out_of_the_same_pass(string variant)
    {
        using var device = Open(variant);
        var shape = new FullyConnectedShape(30, 1, 40);
        var (x, dy, w, b) = Inputs(shape, 1, 1, 33);
        var expected = ReferenceOperations.FullyConnectedForward(shape, x, Array.ConvertAll(w, v => (double)v), Array.ConvertAll(b, v => (double)v), Neuron.Tanh);
        Closeness.Close(expected, Run(device, shape, x, dy, w, b, false, Neuron.Tanh).Y, Tolerance, "tanh");
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void A_rate_of_0_changes_nothing(string variant)
    {
        using var device = Open(variant);
        var shape = new FullyConnectedShape(20, 1, 50);
        var (x, dy, w, b) = Inputs(shape, 1, 1, 32);
        foreach (var materialized in new[] { true, false })
        {
            var got = Run(device, shape, x, dy, w, b, materialized, Neuron.None, rule: Rule with { WeightRate = 0, BiasRate = 0 });
            Closeness.Same(w, got.W, "w");
            Closeness.Same(b, got.B, "b");
            Closeness.Same(Array.ConvertAll(w, v => (float)Momentum(v)), got.V, "v of the weights");
            Closeness.Same(Array.ConvertAll(b, v => (float)Momentum(v)), got.BiasV, "v of the biases");
        }
    }

    /// <summary>Devices times golden cases.</summary>
    public static TheoryData<string, string> DevicesAndGolden
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var device in TVariants.Names)
                foreach (var name in GoldenCase.Names("linear")) data.Add(device, name);
            return data;
        }
    }

    [SkippableTheory, MemberData(nameof(DevicesAndGolden))]
    public void Golden_tensors_are_met(string variant, string name)
    {
        using var device = Open(variant);
        var golden = GoldenCase.Open(name);
        var (x, dy) = (golden["x"].Tensor(), golden["dy"].Tensor());
        var shape = new FullyConnectedShape(x.Channels, x.Height * x.Width, dy.Channels);
        var layer = new GoldenLayer(name, 1, shape.Inputs, shape.Outputs, 0, 1, 0, 0);
        var got = Run(device, shape, x, dy, layer.ToCanonical(golden["w"].Values), golden["b"].Values, materialized: true, Neuron.None);
        Closeness.Close(golden["y"].Tensor(), got.Y, Tolerance, "y");
        Closeness.Close(golden["dx"].Tensor(), got.Dx, Tolerance, "dx");
        Closeness.Close(layer.ToCanonical(golden["dw"].Values), got.Dw, Tolerance, "dw");
        Closeness.Close(golden["db"].Values, got.Db, Tolerance, "db");
    }

    private static Results Run(
        IDevice device, FullyConnectedShape shape, HostTensor x, HostTensor dy, float[] w, float[] b, bool materialized, Neuron neuron,
        bool scattered = false, bool oneBlockAtATime = false, UpdateRule? rule = null)
    {
        var placement = scattered ? Placement.Scattered : Placement.Plain;
        using var parameters = device.CreateParameters(shape, materialized);
        parameters.Import(ParameterKind.Weights, w);
        parameters.Import(ParameterKind.Biases, b);
        parameters.Import(ParameterKind.WeightMomentum, Array.ConvertAll(w, v => (float)Momentum(v)));
        parameters.Import(ParameterKind.BiasMomentum, Array.ConvertAll(b, v => (float)Momentum(v)));
        using var deviceX = DeviceTensor.From(device, x, placement);
        using var deviceDy = DeviceTensor.From(device, dy, placement);
        using var y = DeviceTensor.Blank(device, x.Cases, shape.Outputs, 1, 1, placement);
        using var dx = DeviceTensor.Blank(device, x.Cases, x.Channels, x.Height, x.Width, placement);
        foreach (var blocks in ConvolutionCase.Cut(deviceX.Blocks, oneBlockAtATime))
        {
            device.FullyConnectedForward(shape, deviceX.View, parameters, y.View, neuron, blocks);
            device.FullyConnectedInputGradient(shape, deviceDy.View, parameters, dx.View, blocks);
        }
        if (materialized)
        {
            device.FullyConnectedWeightGradient(shape, deviceX.View, deviceDy.View, parameters, deviceX.Blocks);
            device.Update(parameters, rule ?? Rule);
        }
        else
        {
            device.FullyConnectedUpdate(shape, deviceX.View, deviceDy.View, parameters, deviceX.Blocks, rule ?? Rule);
        }
        device.Synchronize();
        float[] Export(ParameterKind kind, long count)
        {
            var floats = new float[count];
            parameters.Export(kind, floats);
            return floats;
        }
        return new Results(
            y.Read(), dx.Read(),
            materialized ? Export(ParameterKind.WeightGradient, shape.Weights) : [], materialized ? Export(ParameterKind.BiasGradient, shape.Outputs) : [],
            Export(ParameterKind.Weights, shape.Weights), Export(ParameterKind.WeightMomentum, shape.Weights),
            Export(ParameterKind.Biases, shape.Outputs), Export(ParameterKind.BiasMomentum, shape.Outputs));
    }

    private static (HostTensor X, HostTensor Dy, float[] W, float[] B) Inputs(FullyConnectedShape shape, int height, int width, int cases) => (
        HostTensor.Random(cases, shape.InputChannels, height, width, 1), HostTensor.Random(cases, shape.Outputs, 1, 1, 2),
        ConvolutionCase.Floats(HostTensor.Random(1, (int)shape.Weights, 1, 1, 3)), ConvolutionCase.Floats(HostTensor.Random(1, shape.Outputs, 1, 1, 4)));

    /// <summary>A momentum to begin with that differs from weight to weight.</summary>
    private static double Momentum(float weight) => (float)(weight * 0.25);

    private static double Momentum(double weight) => Momentum((float)weight);

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);

    private static void Same(Results expected, Results got, string what)
    {
        Closeness.Same(ConvolutionCase.Floats(expected.Y), ConvolutionCase.Floats(got.Y), $"y, {what}");
        Closeness.Same(ConvolutionCase.Floats(expected.Dx), ConvolutionCase.Floats(got.Dx), $"dx, {what}");
        if (got.Dw.Length > 0) Closeness.Same(expected.Dw, got.Dw, $"dw, {what}");
        if (got.Db.Length > 0) Closeness.Same(expected.Db, got.Db, $"db, {what}");
        Closeness.Same(expected.W, got.W, $"w, {what}");
        Closeness.Same(expected.V, got.V, $"v, {what}");
        Closeness.Same(expected.B, got.B, $"b, {what}");
        Closeness.Same(expected.BiasV, got.BiasV, $"v of the biases, {what}");
    }
}

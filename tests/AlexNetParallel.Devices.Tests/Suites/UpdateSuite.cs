using AlexNetParallel.Model.Operations;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>The update rule, from gradients of known value.</summary>
public abstract class UpdateSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    /// <summary>A rate that falls between steps: inside v, as the paper writes it.</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_steps_with_a_falling_rate_are_met(string name)
    {
        using var device = Open(name);
        var golden = GoldenCase.Open("sgd_rate_drop");
        var (outputs, inputs) = (golden["w0"].Shape[0], golden["w0"].Shape[1]);
        using var parameters = new Parameters(device, inputs, outputs);
        parameters.Weights.Import(ParameterKind.Weights, Turn(golden["w0"].Values));
        double[] rates = [.. golden.Attributes.GetProperty("eps").EnumerateArray().Select(e => e.GetDouble())];
        for (var step = 1; step <= rates.Length; step++)
        {
            var gradient = golden["g"].Values.AsSpan((step - 1) * inputs * outputs, inputs * outputs);
            parameters.SetGradient(Turn(gradient));
            device.Update(parameters.Weights, new UpdateRule((float)rates[step - 1], 0, (float)golden.Number("momentum"), (float)golden.Number("weight_decay"), 1));
            Closeness.Close(Turn(golden[$"w{step}"].Values), parameters.Export(ParameterKind.Weights), Tolerance, $"w{step}");
            Closeness.Close(Turn(golden[$"v{step}"].Values), parameters.Export(ParameterKind.WeightMomentum), Tolerance, $"v{step}");
        }

        float[] Turn(ReadOnlySpan<float> values) => new GoldenLayer("", 1, inputs, outputs, 0, 1, 0, 0).ToCanonical(values);
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Gradients_are_divided_by_the_cases_and_biases_do_not_decay(string name)
    {
        using var device = Open(name);
        const int Inputs = 37, Outputs = 45;
        using var parameters = new Parameters(device, Inputs, Outputs);
        var (w, v, b) = (Random(Inputs * Outputs, 60), Random(Inputs * Outputs, 61), Random(Outputs, 62));
        parameters.Weights.Import(ParameterKind.Weights, w);
        parameters.Weights.Import(ParameterKind.WeightMomentum, v);
        parameters.Weights.Import(ParameterKind.Biases, b);
        var g = Random(Inputs * Outputs, 63);
        parameters.SetGradient(g);
        var biasGradient = parameters.Export(ParameterKind.BiasGradient);
        device.Update(parameters.Weights, new UpdateRule(0.02f, 0.03f, 0.9f, 0.0005f, 128));

        var (expectedW, expectedV, expectedB) = (Doubles(w), Doubles(v), Doubles(b));
        ReferenceOperations.Update(expectedW, expectedV, Doubles(g), 0.02f, 0.9f, 0.0005f, 128);
        ReferenceOperations.Update(expectedB, new double[Outputs], Doubles(biasGradient), 0.03f, 0.9f, 0, 128);
        Closeness.Close(expectedW, Doubles(parameters.Export(ParameterKind.Weights)), 1e-6, "w");
        Closeness.Close(expectedV, Doubles(parameters.Export(ParameterKind.WeightMomentum)), 1e-6, "v");
        Closeness.Close(expectedB, Doubles(parameters.Export(ParameterKind.Biases)), 1e-6, "b");
    }

    /// <summary>As in the 2012 program: no decay, no momentum motion (src/weights.cu).</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void A_rate_of_0_changes_nothing(string name)
    {
        using var device = Open(name);
        using var parameters = new Parameters(device, 5, 7);
        parameters.Weights.Import(ParameterKind.Weights, Random(35, 64));
        parameters.Weights.Import(ParameterKind.WeightMomentum, Random(35, 65));
        parameters.Weights.Import(ParameterKind.BiasMomentum, Random(7, 66));
        parameters.SetGradient(Random(35, 67));
        device.Update(parameters.Weights, new UpdateRule(0, 0, 0.9f, 0.0005f, 1));
        Closeness.Same(Random(35, 64), parameters.Export(ParameterKind.Weights), "w");
        Closeness.Same(Random(35, 65), parameters.Export(ParameterKind.WeightMomentum), "v");
        Closeness.Same(Random(7, 66), parameters.Export(ParameterKind.BiasMomentum), "v of biases");
        Closeness.Same(new float[7], parameters.Export(ParameterKind.Biases), "b");
    }

    private static float[] Random(int count, int seed) => [.. HostTensor.Random(1, count, 1, 1, seed).Values.Select(v => (float)v)];

    private static double[] Doubles(float[] values) => [.. values.Select(v => (double)v)];

    /// <summary>Parameters whose gradient is set through a weight gradient: with the unit vectors for x, the gradient is dy.</summary>
    private sealed class Parameters(IDevice device, int inputs, int outputs) : IDisposable
    {
        private readonly FullyConnectedShape shape = new(inputs, 1, outputs);

        public DeviceParameters Weights { get; } = device.CreateParameters(new FullyConnectedShape(inputs, 1, outputs), materializeGradients: true);

        public void SetGradient(float[] canonical)
        {
            var units = new HostTensor(inputs, inputs, 1, 1);
            for (var i = 0; i < inputs; i++) units[i, i, 0, 0] = 1;
            using var x = DeviceTensor.From(device, units);
            using var dy = DeviceTensor.From(device, new HostTensor(inputs, outputs, 1, 1, canonical));
            device.FullyConnectedWeightGradient(shape, x.View, dy.View, Weights, x.Blocks);
            Closeness.Same(canonical, Export(ParameterKind.WeightGradient), "gradient");
        }

        public float[] Export(ParameterKind kind)
        {
            var values = new float[kind is ParameterKind.Weights or ParameterKind.WeightMomentum or ParameterKind.WeightGradient ? Weights.WeightCount : Weights.BiasCount];
            Weights.Export(kind, values);
            return values;
        }

        public void Dispose() => Weights.Dispose();
    }
}

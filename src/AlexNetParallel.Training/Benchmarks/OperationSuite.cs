using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Benchmarks;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Benchmarks;

/// <summary>What one pass of a layer took.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Pass">"forward", "input_gradient", "weight_gradient" (of a fully connected layer, with its update: both are one pass over the weights).</param>
/// <param name="Timing">The figures.</param>
public sealed record PassTiming(string Layer, string Pass, OperationTiming Timing);

/// <summary>Times the passes of the layers with weights that one worker of a plan computes, in the memory layouts of the plan, on noise.</summary>
public static class OperationSuite
{
    /// <summary>Measures them in network order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="rank">The worker.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="seconds">At least so long for each pass.</param>
    public static IEnumerable<PassTiming> Run(Plan plan, int rank, CpuDevice device, double seconds)
    {
        var bench = new OperationBench(device, seconds);
        foreach (var piece in plan.Pieces.SelectMany(p => p).Where(p => p.Layer is WeightedLayer && p.IsOn(rank)))
        {
            using var operands = new Operands(plan, piece, rank, device);
            foreach (var (pass, run) in operands.Passes()) yield return new PassTiming(piece.Layer.Name, pass, bench.Measure(run, operands.Flop));
        }
    }

    /// <summary>Tensors and parameters of one piece.</summary>
    private sealed class Operands : IDisposable
    {
        private readonly Piece piece;
        private readonly CpuDevice device;
        private readonly List<DeviceBuffer> buffers = [];
        private readonly DeviceParameters parameters;
        private readonly TensorView x;
        private readonly TensorView y;
        private readonly TensorView? dy;
        private readonly TensorView? dx;

        public Operands(Plan plan, Piece piece, int rank, CpuDevice device)
        {
            (this.piece, this.device) = (piece, device);
            var program = plan.Programs[rank];
            var layer = (WeightedLayer)piece.Layer;
            var cases = Math.Min(plan.Batch, piece.Blocks.End * CaseBlock.Cases) - piece.Blocks.First * CaseBlock.Cases;
            Flop = 2.0 * layer.FanIn * piece.Output.Count * layer.Output.Pixels * cases;
            var input = layer.Number == 0 ? program.Tensors.First(t => t.Role == TensorRole.Image) : program.Find(TensorRole.Activation, layer.Number - 1)!;
            x = View(input, piece.Input);
            y = View(program.Find(TensorRole.Activation, layer.Number)!, new ChannelSet(piece.Output));
            if (program.Find(TensorRole.Gradient, layer.Number) is { } gradient) dy = View(gradient, new ChannelSet(piece.Output));
            var target = program.Instructions.OfType<InputGradientInstruction>().FirstOrDefault(i => i.Piece.Id == piece.Id)?.Target;
            if (target is { } id) dx = View(program.Tensors[id], piece.Input);
            parameters = layer switch
            {
                ConvolutionLayer c => device.CreateParameters(c.Shape(piece.Output.Count)),
                FullyConnectedLayer f => device.CreateParameters(f.Shape(piece.Output.Count), materializeGradients: false),
                _ => throw new InvalidOperationException($"layer {layer.Name} has no passes"),
            };
            parameters.Import(ParameterKind.Weights, Noise((int)parameters.WeightCount, 0.01f));
        }

        public double Flop { get; }

        public IEnumerable<(string Pass, Action Run)> Passes()
        {
            var (blocks, neuron) = (piece.Blocks, piece.Layer.Neuron);
            if (piece.Layer is ConvolutionLayer c)
            {
                var shape = c.Shape(piece.Output.Count);
                yield return ("forward", () => device.ConvolutionForward(shape, x, parameters, y, neuron, blocks));
                if (dy is null) yield break;
                if (dx is not null) yield return ("input_gradient", () => device.ConvolutionInputGradient(shape, dy, parameters, dx, blocks));
                yield return ("weight_gradient", () => device.ConvolutionWeightGradient(shape, x, dy, parameters, blocks, first: true));
            }
            else if (piece.Layer is FullyConnectedLayer f)
            {
                var shape = f.Shape(piece.Output.Count);
                var rule = new UpdateRule(1e-6f, 1e-6f, 0.9f, 5e-4f, 128);
                yield return ("forward", () => device.FullyConnectedForward(shape, x, parameters, y, neuron, blocks));
                if (dy is null) yield break;
                if (dx is not null) yield return ("input_gradient", () => device.FullyConnectedInputGradient(shape, dy, parameters, dx, blocks));
                yield return ("weight_gradient", () => device.FullyConnectedUpdate(shape, x, dy, parameters, blocks, rule));
            }
        }

        public void Dispose()
        {
            parameters.Dispose();
            foreach (var buffer in buffers) buffer.Dispose();
        }

        private TensorView View(PlannedTensor tensor, ChannelSet channels)
        {
            var buffer = device.Allocate(tensor.Layout.Size);
            buffers.Add(buffer);
            const int piecewise = 1 << 20;
            var noise = Noise(piecewise, 1);
            for (var offset = 0L; offset < tensor.Layout.Size; offset += piecewise)
                buffer.Write(noise.AsSpan(0, (int)Math.Min(piecewise, tensor.Layout.Size - offset)), offset);
            return new TensorView(buffer, tensor.Layout, channels);
        }

        private static float[] Noise(int count, float range)
        {
            var noise = new float[count];
            for (var i = 0; i < count; i++) noise[i] = (Philox.Uniform(Philox.Words(1, RandomPurpose.GeneratedImages, 0, 0, i).X) - 0.5f) * range;
            return noise;
        }
    }
}

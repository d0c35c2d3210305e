using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Engine;

/// <summary>Binds each instruction of a program to its tensors, once: running a tick then only calls.</summary>
internal sealed class StepBuilder(Plan plan, int rank, IDevice device, DeviceLink link, EngineMemory memory, TickState state)
{
    private readonly WorkerProgram program = plan.Programs[rank];

    public EngineStep[] Build() => [.. program.Instructions.Select((i, number) => new EngineStep(number, i, ExchangeOf(i), Bind(i)))];

    private PlannedExchange? ExchangeOf(Instruction instruction) => instruction switch
    {
        SendInstruction s => plan.Exchanges[s.Slab.Exchange],
        ReceiveInstruction r => plan.Exchanges[r.Slab.Exchange],
        _ => null,
    };

    private Action Bind(Instruction instruction) => instruction switch
    {
        ForwardInstruction i => Forward(i.Piece, i.Blocks),
        LossInstruction i => Loss(i),
        NeuronGradientInstruction i => NeuronGradient(i.Piece, i.Blocks),
        InputGradientInstruction i => InputGradient(i),
        WeightGradientInstruction i => WeightGradient(i),
        FusedUpdateInstruction i => FusedUpdate(i),
        SumInstruction i => Sum(i),
        SumParametersInstruction i => SumParameters(i),
        UpdateInstruction i => Update(i),
        SendInstruction i => () => link.Send(i.Slab, state.Tick.Number),
        ReceiveInstruction i => () => link.Receive(i.Slab, state.Tick.Number),
        _ => throw new InvalidOperationException($"unknown instruction {instruction}"),
    };

    private TensorView Activation(int layer, ChannelSet channels)
    {
        var tensor = program.Find(TensorRole.Activation, layer)!;
        return new TensorView(memory.Buffer(tensor.Id), tensor.Layout, channels);
    }

    private TensorView Output(Piece piece) => Activation(piece.Layer.Number, new ChannelSet(piece.Output));

    private TensorView Gradient(Piece piece)
    {
        var tensor = program.Find(TensorRole.Gradient, piece.Layer.Number)!;
        return new TensorView(memory.Buffer(tensor.Id), tensor.Layout, new ChannelSet(piece.Output));
    }

    private TensorView Part(int id, ChannelSet channels) => new(memory.Buffer(id), program.Tensors[id].Layout, channels);

    private ParameterSet SetOf(Piece piece) => program.Parameters.Single(s => s.Layer == piece.Layer && s.Outputs == piece.Output);

    private DeviceParameters ParametersOf(Piece piece) => memory.Parameters(SetOf(piece).Id);

    private Func<TensorView> Input(Piece piece, BlockRange blocks)
    {
        if (piece.Layer.Number == 0) return () => link.Images(blocks);
        var view = Activation(piece.Layer.Number - 1, piece.Input);
        return () => view;
    }

    private DropoutShape Shape(DropoutLayer layer, Piece piece) =>
        new(layer.Number, piece.Output.Count, piece.Output.First, layer.Output.Pixels, layer.Keep);

    private Action Forward(Piece piece, BlockRange blocks)
    {
        var x = Input(piece, blocks);
        var y = Output(piece);
        var neuron = piece.Layer.Neuron;
        switch (piece.Layer)
        {
            case ConvolutionLayer l:
                var convolution = l.Shape(piece.Output.Count);
                var kernels = ParametersOf(piece);
                return () => device.ConvolutionForward(convolution, x(), kernels, y, neuron, blocks);
            case FullyConnectedLayer l:
                var connected = l.Shape(piece.Output.Count);
                var weights = ParametersOf(piece);
                return () => device.FullyConnectedForward(connected, x(), weights, y, neuron, blocks);
            case PoolingLayer l:
                var pooling = l.Shape(piece.Output.Count);
                return () => device.PoolingForward(pooling, x(), y, neuron, blocks);
            case NormalizationLayer l:
                var normalization = l.Shape(piece.Output.Count);
                return () => device.NormalizationForward(normalization, x(), y, blocks);
            case DropoutLayer l:
                var dropout = Shape(l, piece);
                return () => device.Dropout(dropout, x(), y, state.Seed, state.Tick.Step, state.Training, blocks);
            default:
                throw new InvalidOperationException($"layer {piece.Layer.Name}: no forward pass for {piece.Layer.GetType().Name}");
        }
    }

    private Action Loss(LossInstruction i)
    {
        var logits = Input(i.Piece, i.Blocks);
        var probabilities = Output(i.Piece);
        var gradient = i.Target < 0 ? null : Part(i.Target, i.Piece.Input);
        // A replicated softmax is computed by all and counted once.
        var counts = i.Piece.Holders[0] == rank;
        return () =>
        {
            var sums = device.SoftmaxLogLoss(logits(), state.Labels, probabilities, state.Training ? gradient : null, state.Tick.Cases, i.Blocks);
            if (counts) state.Loss += sums;
        };
    }

    private Action NeuronGradient(Piece piece, BlockRange blocks)
    {
        var y = Output(piece);
        var dy = Gradient(piece);
        var neuron = piece.Layer.Neuron;
        return () => device.NeuronGradient(neuron, y, dy, blocks);
    }

    private Action InputGradient(InputGradientInstruction i)
    {
        var piece = i.Piece;
        var blocks = i.Blocks;
        var dy = Gradient(piece);
        var dx = Part(i.Target, piece.Input);
        switch (piece.Layer)
        {
            case ConvolutionLayer l:
                var convolution = l.Shape(piece.Output.Count);
                var kernels = ParametersOf(piece);
                return () => device.ConvolutionInputGradient(convolution, dy, kernels, dx, blocks);
            case FullyConnectedLayer l:
                var connected = l.Shape(piece.Output.Count);
                var weights = ParametersOf(piece);
                return () => device.FullyConnectedInputGradient(connected, dy, weights, dx, blocks);
            case PoolingLayer l:
                var pooling = l.Shape(piece.Output.Count);
                var (px, py, neuron) = (Input(piece, blocks), Output(piece), piece.Layer.Neuron);
                return () => device.PoolingInputGradient(pooling, px(), py, dy, dx, neuron, blocks);
            case NormalizationLayer l:
                var normalization = l.Shape(piece.Output.Count);
                var nx = Input(piece, blocks);
                return () => device.NormalizationInputGradient(normalization, nx(), dy, dx, blocks);
            case DropoutLayer l:
                var dropout = Shape(l, piece);
                return () => device.Dropout(dropout, dy, dx, state.Seed, state.Tick.Step, true, blocks);
            default:
                throw new InvalidOperationException($"layer {piece.Layer.Name}: no input gradient for {piece.Layer.GetType().Name}");
        }
    }

    private Action WeightGradient(WeightGradientInstruction i)
    {
        var (x, dy, parameters) = (Input(i.Piece, i.Blocks), Gradient(i.Piece), memory.Parameters(i.Parameters));
        switch (i.Piece.Layer)
        {
            case ConvolutionLayer l:
                var convolution = l.Shape(i.Piece.Output.Count);
                return () => device.ConvolutionWeightGradient(convolution, x(), dy, parameters, i.Blocks, i.First);
            case FullyConnectedLayer l:
                var connected = l.Shape(i.Piece.Output.Count);
                return () => device.FullyConnectedWeightGradient(connected, x(), dy, parameters, i.Blocks);
            default:
                throw new InvalidOperationException($"layer {i.Piece.Layer.Name} has no weights");
        }
    }

    private Action FusedUpdate(FusedUpdateInstruction i)
    {
        var (x, dy, parameters) = (Input(i.Piece, i.Blocks), Gradient(i.Piece), memory.Parameters(i.Parameters));
        var shape = ((FullyConnectedLayer)i.Piece.Layer).Shape(i.Piece.Output.Count);
        if (parameters.Gradients is not null)
        {
            return () =>
            {
                device.FullyConnectedWeightGradient(shape, x(), dy, parameters, i.Blocks);
                device.Update(parameters, state.Rate(i.LayerNumber));
            };
        }
        return () => device.FullyConnectedUpdate(shape, x(), dy, parameters, i.Blocks, state.Rate(i.LayerNumber));
    }

    private Action Sum(SumInstruction i)
    {
        var channels = new ChannelSet(i.Channels);
        var target = Part(i.Target, channels);
        TensorView[] sources = [.. i.Sources.Select(s => Part(s, channels))];
        var block = new BlockRange(i.Block, 1);
        return () => device.Sum(target, sources, block);
    }

    private Action SumParameters(SumParametersInstruction i)
    {
        // Own gradients lie at the share's place in the whole run; the others' shares were received at the start of tensors of their own.
        var own = program.Parameters[i.Parameters].GradientTensor;
        var destination = memory.Part(own, i.Offset, i.Count);
        DeviceBuffer[] sources = [.. i.Sources.Select(s => s == own ? destination : memory.Part(s, 0, i.Count))];
        return () => device.Sum(destination, sources, 0, i.Count);
    }

    private Action Update(UpdateInstruction i)
    {
        var parameters = memory.Parameters(i.Parameters);
        return () => device.Update(parameters, state.Rate(i.LayerNumber));
    }
}

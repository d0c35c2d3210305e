using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Training.Engine;

/// <summary>What the steps of a program read that changes from tick to tick.</summary>
internal sealed class TickState(Network network, ulong seed)
{
    private UpdateRule[] rates = [];
    private nint labels;
    private int lowestTrained;

    public ulong Seed => seed;
    public Tick Tick { get; private set; }
    public bool Training { get; private set; }
    public LossSums Loss { get; set; }

    public unsafe ReadOnlySpan<int> Labels => new((void*)labels, Tick.Cases);

    public UpdateRule Rate(int layer) => rates[layer];

    public void Begin(Tick tick, nint labelsAddress, UpdateRule[] layerRates)
    {
        (Tick, labels, rates, Loss) = (tick, labelsAddress, layerRates, default);
        Training = tick.Split == Split.Train;
        lowestTrained = int.MaxValue;
        if (!Training) return;
        foreach (var layer in network.Layers)
        {
            if (layer is not WeightedLayer || !Learns(layer.Number)) continue;
            lowestTrained = layer.Number;
            break;
        }
    }

    /// <summary>
    /// Freezing conv1 saves its backward pass, and what would cross for it. Every worker has the same rates, so both ends of an exchange agree.
    /// </summary>
    public bool Crosses(PlannedExchange exchange) =>
        exchange.Direction == Direction.Forward || (Training && exchange.IsNeeded(lowestTrained, Learns(exchange.LayerNumber)));

    public bool Wants(EngineStep step)
    {
        var layer = step.Instruction.LayerNumber;
        return step.Instruction switch
        {
            ForwardInstruction or LossInstruction => true,
            SendInstruction or ReceiveInstruction => Crosses(step.Exchange!),
            InputGradientInstruction => lowestTrained < layer,
            SumInstruction or NeuronGradientInstruction => lowestTrained <= layer,
            _ => Learns(layer),
        };
    }

    private bool Learns(int layer) => rates[layer].WeightRate != 0 || rates[layer].BiasRate != 0;
}

/// <summary>An instruction bound to memory.</summary>
internal sealed class EngineStep(int number, Instruction instruction, PlannedExchange? exchange, Action run)
{
    /// <summary>Its place in the program.</summary>
    public int Number => number;
    public Instruction Instruction => instruction;
    public PlannedExchange? Exchange => exchange;
    public Action Run => run;
    public long StopwatchTicks { get; set; }
}

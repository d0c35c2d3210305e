using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Training.Coordination;

/// <summary>Ticks to and from messages.</summary>
internal static class Wires
{
    public static Wire.Tick Of(Tick tick) => new()
    {
        Number = tick.Number,
        Split = tick.Split == Split.Train ? Wire.Split.Train : Wire.Split.Test,
        Step = tick.Step,
        Epoch = tick.Epoch,
        Batch = tick.Batch,
        Cases = tick.Cases,
        ColourNoise = tick.ColourNoise,
    };

    public static Tick Of(Wire.Tick tick) => new(
        tick.Number, tick.Split == Wire.Split.Train ? Split.Train : Split.Test, tick.Step, tick.Epoch, tick.Batch, tick.Cases, tick.ColourNoise);
}

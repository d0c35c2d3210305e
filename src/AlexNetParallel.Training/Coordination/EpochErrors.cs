using System.Text.Json.Serialization;

namespace AlexNetParallel.Training.Coordination;

/// <summary>What has been counted of the running epoch's training steps: part of a checkpoint, so that a resumed epoch comes to the same mean. The default value is that of a new run.</summary>
/// <param name="Epoch">Complete passes over the training images.</param>
/// <param name="Steps">Steps counted.</param>
/// <param name="Images">Their images.</param>
/// <param name="Errors">How many of these had another first guess than their label; fractions where guesses tied.</param>
public readonly record struct EpochErrors(int Epoch, int Steps, long Images, double Errors)
{
    /// <summary>Mean training error so far.</summary>
    [JsonIgnore]
    public double Mean => Errors / Images;

    /// <summary>With one more step.</summary>
    public EpochErrors With(int epoch, int images, double errors) =>
        epoch == Epoch ? new EpochErrors(Epoch, Steps + 1, Images + images, Errors + errors) : new EpochErrors(epoch, 1, images, errors);

    /// <summary>True when the epoch is complete and its mean not above a level.</summary>
    public bool HasCome(int stepsPerEpoch, double level) => Steps == stepsPerEpoch && Errors <= level * Images;
}

namespace AlexNetParallel.Model.Recipes;

/// <summary>How often something is done in the course of a run.</summary>
/// <param name="EveryEpochs">After each so many passes over the training images; 0 for never.</param>
/// <param name="EverySteps">After each so many training steps; 0 for never.</param>
/// <param name="AtEnd">After the last training step too.</param>
public readonly record struct Cadence(int EveryEpochs, long EverySteps, bool AtEnd)
{
    /// <summary>Whether it is to be done after a training step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="stepsPerEpoch">Training steps of one pass.</param>
    /// <param name="totalSteps">Training steps of the run.</param>
    public bool IsDue(long step, long stepsPerEpoch, long totalSteps) =>
        (EveryEpochs > 0 && step % (EveryEpochs * stepsPerEpoch) == 0)
        || (EverySteps > 0 && step % EverySteps == 0)
        || (AtEnd && step == totalSteps);
}

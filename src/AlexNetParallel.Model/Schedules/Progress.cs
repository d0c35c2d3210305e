namespace AlexNetParallel.Model.Schedules;

/// <summary>How far a run has come: all that rates may depend on.</summary>
/// <param name="Epoch">Passes over the training images that are complete, from 0.</param>
/// <param name="Step">The training step, from 1.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Drops">How often the plateau rule has lowered the rate (<see cref="PlateauState.Drops"/>); 0 for schedules without it.</param>
public readonly record struct Progress(int Epoch, long Step, long TotalSteps, int Drops = 0)
{
    /// <summary>The part of the run that is complete, in [0, 1): (Step − 1) / TotalSteps, as convnet.py of the 2012 program has it.</summary>
    public double Fraction => (double)(Step - 1) / TotalSteps;
}

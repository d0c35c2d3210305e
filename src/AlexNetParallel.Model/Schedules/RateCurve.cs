using AlexNetParallel.Model.Files;

namespace AlexNetParallel.Model.Schedules;

/// <summary>A learning rate over the course of a run.</summary>
public abstract record RateCurve
{
    /// <summary>The rate of a training step.</summary>
    public abstract double At(in Progress progress);
}

/// <summary>The same rate throughout.</summary>
/// <param name="Rate">At least 0.</param>
public sealed record ConstantRate(double Rate) : RateCurve
{
    /// <inheritdoc/>
    public override double At(in Progress progress) => Rate;
}

/// <summary>A rate that holds from an epoch on.</summary>
/// <param name="Epoch">Complete passes over the training images from which on it holds.</param>
/// <param name="Rate">At least 0.</param>
public readonly record struct RateFromEpoch(int Epoch, double Rate);

/// <summary>A rate for each stretch of epochs, as the author of the 2012 program set them by hand.</summary>
/// <param name="Pieces">Ascending epochs, the first 0.</param>
public sealed record PiecewiseRate(IReadOnlyList<RateFromEpoch> Pieces) : RateCurve
{
    /// <summary>Ascending epochs, the first 0.</summary>
    public IReadOnlyList<RateFromEpoch> Pieces { get; } = new ValueList<RateFromEpoch>(Pieces);

    /// <inheritdoc/>
    public override double At(in Progress progress)
    {
        var rate = Pieces[0].Rate;
        for (var i = 1; i < Pieces.Count && Pieces[i].Epoch <= progress.Epoch; i++) rate = Pieces[i].Rate;
        return rate;
    }
}

/// <summary>In what the moments of a <see cref="SteppedRate"/> are counted.</summary>
public enum StepUnit
{
    /// <summary>Complete passes over the training images.</summary>
    Epochs,
    /// <summary>Complete training steps.</summary>
    Steps,
    /// <summary>Parts of the whole run, in (0, 1).</summary>
    Fractions,
}

/// <summary>A rate that is multiplied by a factor at given moments.</summary>
/// <param name="Start">The rate of the first step.</param>
/// <param name="Factor">What it is multiplied by at each moment.</param>
/// <param name="Unit">What <paramref name="Moments"/> count.</param>
/// <param name="Moments">Ascending.</param>
public sealed record SteppedRate(double Start, double Factor, StepUnit Unit, IReadOnlyList<double> Moments) : RateCurve
{
    /// <summary>Ascending.</summary>
    public IReadOnlyList<double> Moments { get; } = new ValueList<double>(Moments);

    /// <inheritdoc/>
    public override double At(in Progress progress)
    {
        var now = Unit switch
        {
            StepUnit.Epochs => progress.Epoch,
            StepUnit.Steps => progress.Step - 1,
            _ => progress.Fraction,
        };
        var past = 0;
        while (past < Moments.Count && Moments[past] <= now) past++;
        return RatePower.Of(Start, Factor, past);
    }
}

/// <summary>
/// "dexp" of the 2012 program (src/lr.cu, DiscreteExpLRS): plateaus of equal length, each lower than the one before by the same factor, the last
/// <paramref name="TargetFactor"/> below the first. Plateau i has Start · TargetFactor^(−i / (Plateaus − 1)).
/// </summary>
/// <param name="Start">The rate of the first plateau.</param>
/// <param name="TargetFactor">First rate divided by last.</param>
/// <param name="Plateaus">At least 2.</param>
public sealed record DiscreteExponentialRate(double Start, double TargetFactor, int Plateaus) : RateCurve
{
    /// <inheritdoc/>
    public override double At(in Progress progress)
    {
        // A plateau's end belongs to it: lr.cu compares with <=.
        var plateau = 0;
        while (plateau < Plateaus - 1 && progress.Fraction > (plateau + 1.0) / Plateaus) plateau++;
        return plateau == Plateaus - 1 ? Start / TargetFactor : Start * Math.Pow(TargetFactor, -plateau / (Plateaus - 1.0));
    }
}

/// <summary>The paper's "divide by 10 when the validation error rate stopped improving": the <see cref="PlateauRule"/> says when.</summary>
/// <param name="Start">The rate of the first step.</param>
/// <param name="Factor">What each drop multiplies it by.</param>
public sealed record PlateauRate(double Start, double Factor) : RateCurve
{
    /// <inheritdoc/>
    public override double At(in Progress progress) => RatePower.Of(Start, Factor, progress.Drops);
}

internal static class RatePower
{
    /// <summary>start · factorᵗⁱᵐᵉˢ. A factor 1/n (0.1) divides by nᵗⁱᵐᵉˢ, so that 0.01 lowered twice is the double 0.0001 that a file would say.</summary>
    public static double Of(double start, double factor, int times)
    {
        var inverse = Math.Round(1 / factor);
        return factor is > 0 and < 1 && 1 / inverse == factor ? start / Math.Pow(inverse, times) : start * Math.Pow(factor, times);
    }
}

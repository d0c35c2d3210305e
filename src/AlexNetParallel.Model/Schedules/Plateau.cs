namespace AlexNetParallel.Model.Schedules;

/// <summary>
/// When the validation error has stopped improving: after <paramref name="Patience"/> tests in a row none of which was at least
/// <paramref name="MinImprovement"/> below the best so far, the rate drops once and the count begins again; at most <paramref name="MaxDrops"/> times.
/// The paper divided by 10 "three times prior to termination"; how it told the plateau it does not say.
/// </summary>
/// <param name="Patience">Tests without improvement, at least 1.</param>
/// <param name="MinImprovement">Smaller improvements do not count; a part of the images, such as 0.001.</param>
/// <param name="MaxDrops">Drops in the whole run.</param>
public sealed record PlateauRule(int Patience, double MinImprovement, int MaxDrops)
{
    /// <summary>The state after one more test.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="testError">Top-1 error of the test, a part of the images in [0, 1].</param>
    public PlateauState After(PlateauState state, double testError)
    {
        if (state.Best is not { } best || testError < best - MinImprovement) return new PlateauState(testError, 0, state.Drops);
        if (state.TestsWithoutImprovement + 1 < Patience || state.Drops == MaxDrops)
        {
            return state with { TestsWithoutImprovement = Math.Min(state.TestsWithoutImprovement + 1, Patience) };
        }
        return state with { TestsWithoutImprovement = 0, Drops = state.Drops + 1 };
    }
}

/// <summary>What the plateau rule remembers: part of a checkpoint. The default value is the state before any test.</summary>
/// <param name="Best">Lowest test error so far; null before the first test.</param>
/// <param name="TestsWithoutImprovement">Tests since the best, or since the last drop.</param>
/// <param name="Drops">How often the rate was lowered.</param>
public readonly record struct PlateauState(double? Best, int TestsWithoutImprovement, int Drops);

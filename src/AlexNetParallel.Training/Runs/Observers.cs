namespace AlexNetParallel.Training.Runs;

/// <summary>Several observers as one.</summary>
public sealed class Observers(params IReadOnlyList<IRunObserver> all) : IRunObserver
{
    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        foreach (var observer in all) observer.On(happened);
    }

    /// <inheritdoc/>
    public void Log(string line)
    {
        foreach (var observer in all) observer.Log(line);
    }
}

using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Training.Engine;

/// <summary>Where a worker is in its program: told in heartbeats, so that a failure report can say at which step and layer it happened.</summary>
public sealed class WorkerPosition
{
    private long tick;
    private long step;
    private int layer = -1;

    /// <summary>Number of the tick.</summary>
    public long Tick => Volatile.Read(ref tick);

    /// <summary>Training steps begun.</summary>
    public long Step => Volatile.Read(ref step);

    /// <summary>The layer whose instruction runs; −1 between ticks.</summary>
    public int LayerNumber
    {
        get => Volatile.Read(ref layer);
        internal set => Volatile.Write(ref layer, value);
    }

    internal void Begin(Tick next)
    {
        Volatile.Write(ref tick, next.Number);
        Volatile.Write(ref step, next.Step);
        Volatile.Write(ref layer, -1);
    }
}

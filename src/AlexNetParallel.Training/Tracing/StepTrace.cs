namespace AlexNetParallel.Training.Tracing;

/// <summary>What a worker's thread did in one training step, with times. Its memory is had once; nothing is allocated while it records. One thread.</summary>
/// <param name="capacity">Spans that it holds; what comes beyond is counted and dropped.</param>
public sealed class StepTrace(int capacity)
{
    /// <summary>Stands for the wait for a batch in place of an instruction.</summary>
    public const int Feed = -1;

    private readonly TraceSpan[] spans = new TraceSpan[capacity];
    private int count;

    /// <summary>True while it records.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Forgets what it holds and begins to record.</summary>
    public void Begin() => (count, IsOn) = (0, true);

    /// <summary>Ends recording. The spans are valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<TraceSpan> End()
    {
        IsOn = false;
        return spans.AsSpan(0, count);
    }

    /// <summary>Adds a span of an instruction of the worker's program, or of <see cref="Feed"/>; Stopwatch times.</summary>
    public void Add(int instruction, long begin, long end)
    {
        if (IsOn && count < spans.Length) spans[count++] = new TraceSpan(instruction, -1, begin, end);
    }

    /// <summary>Adds the time in which a slab was on its way to this worker; Stopwatch times.</summary>
    public void AddMove(int slab, long begin, long end)
    {
        if (IsOn && count < spans.Length) spans[count++] = new TraceSpan(-1, slab, begin, end);
    }
}

/// <summary>Some time of a step.</summary>
/// <param name="Instruction">The instruction that ran, or <see cref="StepTrace.Feed"/>.</param>
/// <param name="Slab">The slab that was on its way; −1 for an instruction.</param>
/// <param name="Begin">Stopwatch time.</param>
/// <param name="End">Stopwatch time.</param>
public readonly record struct TraceSpan(int Instruction, int Slab, long Begin, long End);

using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Coordination.Wire;
using Split = AlexNetParallel.Model.Recipes.Split;
using Tick = AlexNetParallel.Model.Recipes.Tick;

namespace AlexNetParallel.Training.Tracing;

/// <summary>
/// A worker's side of a run's trace: has its job record the steps asked for, learns before the first of them what lies between its clock and the coordinator's, and sends
/// each step when it is over. The job's thread calls it, except for <see cref="Answered"/>. Where no trace is asked for it does nothing.
/// </summary>
/// <param name="connection">To the coordinator.</param>
/// <param name="over">The run is over.</param>
internal sealed class WorkerTracer(CoordinatorConnection connection, CancellationToken over)
{
    private const int Questions = 16;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    private readonly TraceRange? range = RangeOf(connection.Job);
    private volatile TaskCompletionSource<ClockSample>? asking;
    private ClockOffset? offset;
    private StepTrace? trace;
    private long step;
    private long began;

    /// <summary>The steps that a job asks for; null for none.</summary>
    public static TraceRange? RangeOf(Job job) => job.TraceFrom > 0 ? new TraceRange(job.TraceFrom, job.TraceTo) : null;

    /// <summary>A tick begins: from here on the job records, if the tick is to be traced.</summary>
    public void Begin(IWorkerJob job, Tick tick)
    {
        if (range is null || tick.Split != Split.Train || !range.Contains(tick.Step)) return;
        if (job.Trace is not { } recorder || (offset ??= Ask()) is null) return;
        (trace, step) = (recorder, tick.Step);
        trace.Begin();
        began = TraceClock.Now;
    }

    /// <summary>The tick is over: sends what was recorded.</summary>
    /// <param name="whole">False where a failure ended it.</param>
    public void End(bool whole)
    {
        if (trace is null || offset is not { } clock) return;
        var spans = new StepSpans { Step = step, StepBegin = began + clock.Nanoseconds, StepDuration = TraceClock.Now - began, ClockError = clock.Error, Whole = whole };
        foreach (var span in trace.End())
        {
            var begin = TraceClock.Of(span.Begin);
            spans.What.Add(span.Slab < 0 ? span.Instruction : StepTrace.Feed - 1 - span.Slab);
            spans.Begin.Add(begin + clock.Nanoseconds);
            spans.Duration.Add(TraceClock.Of(span.End) - begin);
        }
        trace = null;
        connection.Send(new WorkerMessage { Spans = spans });
    }

    /// <summary>The coordinator's answer has come.</summary>
    public void Answered(ClockAnswer answer) => asking?.TrySetResult(new ClockSample(answer.Asked, answer.Received, answer.Answered, TraceClock.Now));

    /// <summary>Asks for the coordinator's time, again and again; null when it does not answer.</summary>
    private ClockOffset? Ask()
    {
        var samples = new List<ClockSample>();
        for (var i = 0; i < Questions; i++)
        {
            var answer = new TaskCompletionSource<ClockSample>();
            asking = answer;
            connection.Send(new WorkerMessage { ClockQuestion = new ClockQuestion { Asked = TraceClock.Now } });
            try
            {
                samples.Add(answer.Task.WaitAsync(patience, over).GetAwaiter().GetResult());
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                break;
            }
        }
        asking = null;
        return samples.Count > 0 ? ClockOffset.Of(samples) : null;
    }
}

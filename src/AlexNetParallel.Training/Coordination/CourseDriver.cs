using AlexNetParallel.Devices;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Schedules;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Coordination;

/// <summary>What a worker measured in a tick.</summary>
internal readonly record struct WorkerTick(LossSums Loss, TickTimes Times, double PeakFlopPerSecond = 0);

/// <summary>
/// Walks the course: grants ticks a little ahead of the workers, so that they never wait for the coordinator, and makes steps and tests of what they report.
/// Nothing is granted beyond a test before its result is known, since the learning rate may depend on it.
/// </summary>
internal sealed class CourseDriver
{
    private const double AheadSeconds = 0.5;
    private const int LeastAhead = 2;
    private const int MostAhead = 64;

    private readonly Recipe recipe;
    private readonly Course course;
    private readonly int workers;
    private readonly IEnumerator<Tick> ticks;
    private readonly Queue<Pending> pending = new();
    private bool more;
    private double secondsPerTick;
    private LossSums testLoss;
    private long testImages;
    private double testSeconds;
    private long trainImages;
    private double trainSeconds;
    private long trainSteps;
    private long testTicks;

    /// <param name="recipe">The run.</param>
    /// <param name="course">Its ticks.</param>
    /// <param name="workers">How many report.</param>
    /// <param name="after">The last tick that is done; 0 for a new run.</param>
    /// <param name="plateau">State of the plateau rule after that tick.</param>
    /// <param name="counted">What was counted of its epoch.</param>
    public CourseDriver(Recipe recipe, Course course, int workers, long after, PlateauState plateau, EpochErrors counted = default)
    {
        (this.recipe, this.course, this.workers, Plateau, Counted) = (recipe, course, workers, plateau, counted);
        ticks = course.Ticks(after).GetEnumerator();
        Finished = !(more = ticks.MoveNext());
    }

    /// <summary>State of the plateau rule.</summary>
    public PlateauState Plateau { get; private set; }

    /// <summary>What has been counted of the running epoch.</summary>
    public EpochErrors Counted { get; private set; }

    /// <summary>True when the last epoch came to the training error that the recipe stops at.</summary>
    public bool HasComeToItsError => recipe.StopAtTrainingError is { } level && Counted.HasCome(course.StepsPerEpoch, level);

    /// <summary>The last training or test tick that all workers have done.</summary>
    public Tick? LastDone { get; private set; }

    /// <summary>The last tick granted.</summary>
    public Tick? LastGranted { get; private set; }

    /// <summary>True when no tick will be granted any more: the course is at its end, or <see cref="Stop"/> was called.</summary>
    public bool IsOver => !more;

    /// <summary>True when all granted ticks are done.</summary>
    public bool IsIdle => pending.Count == 0;

    /// <summary>Training images by the time in training steps.</summary>
    public double ImagesPerSecond => trainSeconds > 0 ? trainImages / trainSeconds : 0;

    /// <summary>Mean time of a training step.</summary>
    public double SecondsPerStep => trainSteps > 0 ? trainSeconds / trainSteps : 0;

    /// <summary>Training steps and test batches done since the start.</summary>
    public (long Train, long Test) TicksDone => (trainSteps, testTicks);

    /// <summary>True when the last tick of the course, or of the epoch that came to the recipe's training error, has been granted.</summary>
    public bool Finished { get; private set; }

    /// <summary>Grants nothing more.</summary>
    public void Stop() => more = false;

    /// <summary>The ticks to grant now; with a checkpoint after the last of them where the recipe has one there.</summary>
    public (IReadOnlyList<Tick> Ticks, bool Checkpoint) Grant()
    {
        var granted = new List<Tick>();
        var ahead = secondsPerTick > 0 ? (int)Math.Clamp(AheadSeconds / secondsPerTick, LeastAhead, MostAhead) : LeastAhead;
        while (more && pending.Count < ahead)
        {
            var tick = ticks.Current;
            if (tick.Split == Split.Train && pending.Any(p => p.Tick.Split == Split.Test)) break;
            if (tick.Split == Split.Train && tick.Batch == 0 && recipe.StopAtTrainingError is not null)
            {
                if (pending.Count > 0) break; // whether there is another epoch depends on the one that ends
                if (HasComeToItsError)
                {
                    (more, Finished) = (false, true);
                    break;
                }
            }
            granted.Add(tick);
            pending.Enqueue(new Pending(tick));
            LastGranted = tick;
            Finished = !(more = ticks.MoveNext());
            if (course.IsCheckpointDue(tick)) return (granted, true);
        }
        return (granted, false);
    }

    /// <summary>Takes a worker's report. Returns the steps and tests that are complete by it.</summary>
    /// <exception cref="InvalidDataException">It is of no tick that was granted, or comes twice.</exception>
    public IEnumerable<RunEvent> Report(int rank, long number, WorkerTick report)
    {
        var tick = pending.FirstOrDefault(p => p.Tick.Number == number) ?? throw new InvalidDataException($"worker {rank} reports tick {number}, which is not under way");
        tick.Add(rank, report);
        var done = new List<RunEvent>();
        while (pending.Count > 0 && pending.Peek().Reports == workers) Complete(pending.Dequeue(), done);
        return done;
    }

    private void Complete(Pending done, List<RunEvent> events)
    {
        var tick = done.Tick;
        LastDone = tick;
        secondsPerTick = secondsPerTick == 0 ? done.Seconds : 0.8 * secondsPerTick + 0.2 * done.Seconds;
        if (tick.Split == Split.Train)
        {
            trainImages += tick.Cases;
            trainSeconds += done.Seconds;
            trainSteps++;
            Counted = Counted.With(tick.Epoch, tick.Cases, done.Loss.Top1Errors);
            events.Add(new StepDone(tick.Step, tick.Epoch, done.Loss.Loss / tick.Cases, done.Loss.Top1Errors / tick.Cases, done.Loss.Top5Errors / tick.Cases,
                tick.Cases / done.Seconds, recipe.Schedule.At(course.Progress(tick, Plateau.Drops)).WeightRate, done.Seconds, done.ExchangeSeconds, done.FeedSeconds)
            {
                Workers = done.Workers,
            });
            return;
        }
        testLoss += done.Loss;
        testImages += tick.Cases;
        testTicks++;
        testSeconds += done.Seconds;
        if (tick.Batch != course.TestBatches - 1) return;
        var test = new TestDone(tick.Step, tick.Epoch, testLoss.Loss / testImages, testLoss.Top1Errors / testImages, testLoss.Top5Errors / testImages, 1, testImages, testSeconds);
        if (recipe.Schedule.Plateau is { } rule) Plateau = rule.After(Plateau, test.Top1Error);
        (testLoss, testImages, testSeconds) = (default, 0, 0);
        events.Add(test);
    }

    /// <summary>A granted tick and what has been reported of it. Sums are added in the order of the ranks when all are there.</summary>
    private sealed class Pending(Tick tick)
    {
        private readonly SortedDictionary<int, WorkerTick> reports = [];

        public Tick Tick => tick;
        public int Reports => reports.Count;
        public LossSums Loss => reports.Values.Aggregate(default(LossSums), (sum, r) => sum + r.Loss);
        public double Seconds => reports.Values.Max(r => r.Times.Seconds);
        public double ExchangeSeconds => reports.Values.Max(r => r.Times.ExchangeExposed + r.Times.WaitForSlower);
        public double FeedSeconds => reports.Values.Max(r => r.Times.Feed);
        public IReadOnlyList<WorkerStep> Workers => [.. reports.Values.Select(r => new WorkerStep(r.Times, r.PeakFlopPerSecond))];

        public void Add(int rank, WorkerTick report)
        {
            if (!reports.TryAdd(rank, report)) throw new InvalidDataException($"worker {rank} reports tick {tick.Number} twice");
        }
    }
}

using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Schedules;

namespace AlexNetParallel.Model.Recipes;

/// <summary>Rates that hold for one layer in place of the schedule's.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="WeightRate">ε of the weights; 0: they stand still.</param>
/// <param name="BiasRate">ε of the biases.</param>
public sealed record OwnRates(string Layer, double WeightRate, double BiasRate);

/// <summary>What holds at the first training step of an epoch, and what the epoch moves.</summary>
/// <param name="Epoch">Passes over the training images that are complete, from 0.</param>
/// <param name="FirstStep">Its first training step, from 1.</param>
/// <param name="Steps">Its training steps; fewer in the last epoch of a run whose length is said in steps.</param>
/// <param name="WeightRate">ε of the weights of layers without rates of their own.</param>
/// <param name="BiasRate">ε of their biases.</param>
/// <param name="Layers">Layers whose rates differ from these, in network order.</param>
/// <param name="ColourNoise">Strength of colour noise.</param>
/// <param name="Images">Training images shown.</param>
/// <param name="Bytes">Payload that crosses between workers in its training steps.</param>
public sealed record EpochOutline(
    int Epoch, long FirstStep, long Steps, double WeightRate, double BiasRate, IReadOnlyList<OwnRates> Layers, double ColourNoise, long Images, long Bytes);

/// <summary>Something that changes in the course of a run.</summary>
/// <param name="Step">The first training step for which the new value holds.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="What">"weight_rate", "bias_rate", "colour_noise", or a layer's, such as "conv1 weight_rate".</param>
/// <param name="From">The value before.</param>
/// <param name="To">The value from then on.</param>
public sealed record CourseEvent(long Step, int Epoch, string What, double From, double To);

/// <summary>
/// A whole run as its recipe lays it down, before anything is run: rates, events, images and bytes by epoch. Rates under the plateau rule are shown as if the
/// error never stopped improving, for what it does cannot be known beforehand.
/// </summary>
public sealed class CourseOutline
{
    private readonly Recipe recipe;
    private readonly Plan plan;
    private readonly Course course;

    /// <param name="recipe">The run.</param>
    /// <param name="plan">What it compiles to.</param>
    /// <param name="trainImages">Images of the training split.</param>
    /// <param name="testImages">Images of the test split; 0 for no tests.</param>
    /// <exception cref="ArgumentException">There are too few training images for one batch.</exception>
    public CourseOutline(Recipe recipe, Plan plan, int trainImages, int testImages)
    {
        (this.recipe, this.plan, TrainImages) = (recipe, plan, trainImages);
        course = new Course(recipe, trainImages, testImages);
        Epochs = [.. Enumerable.Range(0, (int)((course.TotalSteps + course.StepsPerEpoch - 1) / course.StepsPerEpoch)).Select(Outline)];
        var events = new List<CourseEvent>();
        Compare(1, Values(1), course.TotalSteps, Values(course.TotalSteps), events);
        Events = events;
        for (long step = 1; step <= course.TotalSteps; step++) if (course.IsTestDue(step)) TestPasses++;
        TestImagesShown = TestPasses * testImages;
        TestBytes = TestPasses * course.TestBatches * plan.BytesPerTest;
    }

    /// <summary>Images of the training split.</summary>
    public int TrainImages { get; }

    /// <summary>Training steps of one pass over the training images.</summary>
    public int StepsPerEpoch => course.StepsPerEpoch;

    /// <summary>Training steps of the run.</summary>
    public long TotalSteps => course.TotalSteps;

    /// <summary>By epoch.</summary>
    public IReadOnlyList<EpochOutline> Epochs { get; }

    /// <summary>In the order of their steps.</summary>
    public IReadOnlyList<CourseEvent> Events { get; }

    /// <summary>Passes over the test images.</summary>
    public long TestPasses { get; }

    /// <summary>Test images shown in all passes.</summary>
    public long TestImagesShown { get; }

    /// <summary>Payload that crosses in all test passes.</summary>
    public long TestBytes { get; }

    /// <summary>Training images shown.</summary>
    public long Images => Epochs.Sum(e => e.Images);

    /// <summary>Payload that crosses in the whole run.</summary>
    public long Bytes => Epochs.Sum(e => e.Bytes) + TestBytes;

    private EpochOutline Outline(int epoch)
    {
        var first = (long)epoch * course.StepsPerEpoch + 1;
        var steps = Math.Min(course.StepsPerEpoch, course.TotalSteps - first + 1);
        var settings = Settings(first);
        var layers = recipe.Network.Weighted.Select(l => (l.Name, Rates: settings[l.Name]))
            .Where(l => l.Rates != new LayerRates(settings.WeightRate, settings.BiasRate))
            .Select(l => new OwnRates(l.Name, l.Rates.WeightRate, l.Rates.BiasRate));
        var images = steps < course.StepsPerEpoch || recipe.LastBatch == LastBatch.Drop ? steps * recipe.Batch : TrainImages;
        return new EpochOutline(epoch, first, steps, settings.WeightRate, settings.BiasRate, [.. layers], recipe.Schedule.ColourNoise(epoch, recipe.Augmentation.ColourNoise),
            images, steps * BytesOfStep(settings));
    }

    private long BytesOfStep(StepSettings settings)
    {
        var lowest = recipe.Network.Weighted.FirstOrDefault(l => !settings[l.Name].IsFrozen)?.Number ?? int.MaxValue;
        return plan.Exchanges.Where(e => e.IsNeeded(lowest, !settings[e.Layer].IsFrozen)).Sum(e => e.Bytes);
    }

    private StepSettings Settings(long step) => recipe.Schedule.At(new Progress(EpochOf(step), step, course.TotalSteps));

    private int EpochOf(long step) => (int)((step - 1) / course.StepsPerEpoch);

    private (string What, double Value)[] Values(long step)
    {
        var settings = Settings(step);
        return
        [
            ("weight_rate", settings.WeightRate), ("bias_rate", settings.BiasRate), ("colour_noise", recipe.Schedule.ColourNoise(EpochOf(step), recipe.Augmentation.ColourNoise)),
            .. recipe.Schedule.LayerChanges.Select(c => c.Layer).Distinct()
                .SelectMany(l => (IEnumerable<(string, double)>)[($"{l} weight_rate", settings[l].WeightRate), ($"{l} bias_rate", settings[l].BiasRate)]),
        ];
    }

    // Finds every step at which a value changes, by halving; epochs' beginnings are looked at all, so that a value that comes and goes is not missed.
    private void Compare(long first, (string What, double Value)[] before, long last, (string What, double Value)[] after, List<CourseEvent> events)
    {
        if (first == last) return;
        if (EpochOf(first) == EpochOf(last) && before.SequenceEqual(after)) return;
        if (last == first + 1)
        {
            events.AddRange(before.Zip(after).Where(p => p.First != p.Second).Select(p => new CourseEvent(last, EpochOf(last), p.First.What, p.First.Value, p.Second.Value)));
            return;
        }
        var middle = EpochOf(first) == EpochOf(last) ? first + (last - first) / 2
            : Math.Clamp((long)((EpochOf(first) + EpochOf(last) + 1) / 2) * course.StepsPerEpoch + 1, first + 1, last - 1);
        var between = Values(middle);
        Compare(first, before, middle, between, events);
        Compare(middle, between, last, after, events);
    }
}

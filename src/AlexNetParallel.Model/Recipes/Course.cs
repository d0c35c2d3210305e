using AlexNetParallel.Model.Schedules;

namespace AlexNetParallel.Model.Recipes;

/// <summary>
/// The course of a run: which training steps and test batches follow each other. A function of the recipe and the numbers of images alone, so that feed,
/// workers and coordinator need not tell each other.
/// </summary>
public sealed class Course
{
    private readonly Recipe recipe;
    private readonly int trainImages;
    private readonly int testImages;

    /// <param name="recipe">The run.</param>
    /// <param name="trainImages">Images of the training split that can be used.</param>
    /// <param name="testImages">Images of the test split that can be used; 0 for no tests.</param>
    /// <exception cref="ArgumentException">There are too few training images for one batch.</exception>
    public Course(Recipe recipe, int trainImages, int testImages)
    {
        (this.recipe, this.trainImages, this.testImages) = (recipe, trainImages, testImages);
        StepsPerEpoch = recipe.LastBatch == LastBatch.Short ? (trainImages + recipe.Batch - 1) / recipe.Batch : trainImages / recipe.Batch;
        if (StepsPerEpoch == 0)
        {
            throw new ArgumentException($"{trainImages} training images do not fill one batch of {recipe.Batch}: use a smaller batch, more images, or 'last_batch: short'", nameof(trainImages));
        }
        TotalSteps = recipe.Steps ?? (long)recipe.Epochs!.Value * StepsPerEpoch;
        TestBatches = (testImages + recipe.Batch - 1) / recipe.Batch;
    }

    /// <summary>Training steps of one pass over the training images.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Training steps of the run.</summary>
    public long TotalSteps { get; }

    /// <summary>Batches of one pass over the test images.</summary>
    public int TestBatches { get; }

    /// <summary>Test batches follow this training step.</summary>
    public bool IsTestDue(long step) => TestBatches > 0 && recipe.Test.IsDue(step, StepsPerEpoch, TotalSteps);

    /// <summary>
    /// A checkpoint is to be written after this tick: its step is due for one, and no test batch of the same step follows. A run resumed from it goes on with
    /// tick.Number + 1.
    /// </summary>
    public bool IsCheckpointDue(in Tick tick) =>
        (tick.Split == Split.Test ? tick.Batch == TestBatches - 1 : !IsTestDue(tick.Step)) && recipe.Checkpoint.IsDue(tick.Step, StepsPerEpoch, TotalSteps);

    /// <summary>How far the run has come at a training tick.</summary>
    /// <param name="tick">The tick.</param>
    /// <param name="drops">See <see cref="PlateauState.Drops"/>.</param>
    public Progress Progress(in Tick tick, int drops = 0) => new(tick.Epoch, tick.Step, TotalSteps, drops);

    /// <summary>The ticks in order.</summary>
    /// <param name="after">Number of the last tick that is done: the first one given is after + 1. 0 for the whole run.</param>
    public IEnumerable<Tick> Ticks(long after = 0)
    {
        long number = 0;
        for (long step = 1; step <= TotalSteps; step++)
        {
            var epoch = (int)((step - 1) / StepsPerEpoch);
            if (++number > after) yield return Train(number, step, epoch);
            if (!IsTestDue(step)) continue;
            for (var batch = 0; batch < TestBatches; batch++)
            {
                if (++number > after) yield return new Tick(number, Split.Test, step, epoch, batch, Cases(testImages, batch), 0);
            }
        }
    }

    private Tick Train(long number, long step, int epoch)
    {
        var batch = (int)((step - 1) % StepsPerEpoch);
        return new Tick(number, Split.Train, step, epoch, batch, Cases(trainImages, batch), recipe.Schedule.ColourNoise(epoch, recipe.Augmentation.ColourNoise));
    }

    private int Cases(int images, int batch) => Math.Min(recipe.Batch, images - batch * recipe.Batch);
}

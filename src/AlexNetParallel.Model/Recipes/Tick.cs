namespace AlexNetParallel.Model.Recipes;

/// <summary>Part of a data set.</summary>
public enum Split
{
    /// <summary>Images to learn from.</summary>
    Train,
    /// <summary>Images to measure with.</summary>
    Test,
}

/// <summary>
/// One run of the program: a training step or a test batch. The course of a run is a fixed list of ticks, known to feed, workers and coordinator alike.
/// </summary>
/// <param name="Number">From 1, rising by 1.</param>
/// <param name="Split">Training step or test batch.</param>
/// <param name="Step">Training steps begun so far, this one included: 1 for the first. At a test: the last training step.</param>
/// <param name="Epoch">Passes over the training images that are complete, from 0. At a test after epoch e (0-based): e.</param>
/// <param name="Batch">Number of the batch within its pass over the split, from 0.</param>
/// <param name="Cases">Images in the batch; fewer than the batch size in a test's last batch, and in a pass's last training batch with <see cref="LastBatch.Short"/>.</param>
/// <param name="ColourNoise">Strength of colour noise that holds at this step; 0 at tests.</param>
public readonly record struct Tick(long Number, Split Split, long Step, int Epoch, int Batch, int Cases, double ColourNoise);

using System.Globalization;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Output;

/// <summary>Events of a run as lines.</summary>
internal static class Progress
{
    public static string Start(RunStarted e)
    {
        var dialect = e.Dialect.Length > 0 ? $" ({e.Dialect})" : "";
        var resumed = e.ResumedFrom > 0 ? $", resumed after step {Units.Count(e.ResumedFrom)}" : "";
        return $"{e.Network}{dialect}: {Units.Count(e.Parameters)} parameters on {e.Workers} {(e.Workers == 1 ? "worker" : "workers")} ({e.Device}, {e.Transport}, partition {e.Partition}); "
            + $"{e.Data}; {Units.Count(e.Steps)} steps of {e.Batch} images{resumed}";
    }

    public static string Step(StepDone e, RunStarted start) => string.Create(CultureInfo.InvariantCulture,
        $"step {e.Step}/{start.Steps}  epoch {e.Epoch}  loss {e.Loss:F4}  error {100 * e.Top1Error:F1} %  {Rate(e.ImagesPerSecond)} images/s  rate {e.LearningRate:G4}");

    public static string Test(TestDone e) => string.Create(CultureInfo.InvariantCulture,
        $"test after step {e.Step}, epoch {e.Epoch}: loss {e.Loss:F4}  error {100 * e.Top1Error:F2} %  top-5 error {100 * e.Top5Error:F2} %  ({e.Images} images, {Units.Seconds(e.Seconds)})");

    /// <summary>Images a second: whole numbers where there are many.</summary>
    public static string Rate(double rate) => rate.ToString(rate < 100 ? "F1" : "N0", CultureInfo.InvariantCulture);
}

using AlexNetParallel.Training.Claims;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Tests.Inference;

public sealed class TrainingErrorTests
{
    [Fact]
    public void TheCrossingLiesBetweenTheMiddlesOfTwoEpochs()
    {
        // Means 0.5 (at 0.5 epochs), 0.3 (1.5), 0.2 (2.5): 0.25 is half-way between the last two.
        Assert.Equal(2.0, TrainingError.EpochsTo([0.5, 0.3, 0.2], 0.25)!.Value, 1e-12);
        Assert.Equal(1.5, TrainingError.EpochsTo([0.5, 0.25, 0.2], 0.25)!.Value, 1e-12);
        Assert.Equal(0.5, TrainingError.EpochsTo([0.1], 0.25));
        Assert.Null(TrainingError.EpochsTo([0.5, 0.4], 0.25));
        Assert.Null(TrainingError.EpochsTo([], 0.25));
    }

    [Fact]
    public void ItIsReadFromTheRunsMetrics()
    {
        var folder = Directory.CreateTempSubdirectory("alexnet-test-");
        try
        {
            File.WriteAllLines(Path.Combine(folder.FullName, "metrics.jsonl"),
            [
                """{"event":"start","steps_per_epoch":2}""", """{"event":"step","step":1,"epoch":0,"top1_error":0.9}""", """{"event":"step","step":2,"epoch":0,"top1_error":0.7}""",
                """{"event":"test","step":2,"epoch":0,"top1_error":0.1}""", """{"event":"step","step":3,"epoch":1,"top1_error":0.4}""", """{"event":"step","st""",
            ]);
            Assert.Equal([0.8, 0.4], TrainingError.ByEpoch(new RunFolder(folder.FullName)).Select(e => Math.Round(e, 12)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

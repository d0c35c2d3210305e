using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Recipes;
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

    /// <summary>claims.yaml says for each claim what came of it, docs/claims.md from which figures; both recipes of each pair are there.</summary>
    [Fact]
    public void TheDocumentHasTheVerdictOfEveryClaim()
    {
        var folder = Path.Combine(RecipeFolder.Root!, "claims");
        var rows = File.ReadAllLines(Path.Combine(RecipeFolder.Root!, "..", "docs", "claims.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).ToList();
        var claims = Claim.Read(Path.Combine(folder, "claims.yaml"));
        Assert.Equal(10, claims.Count);
        foreach (var claim in claims)
        {
            var row = Assert.Single(rows, r => r.StartsWith($"| `{claim.Id}`", StringComparison.Ordinal));
            Assert.NotEmpty(claim.Verdict);
            Assert.EndsWith($"| {claim.Verdict} |", row, StringComparison.Ordinal);
            foreach (var side in new[] { claim.Better, claim.Worse }.Where(s => s.Length > 0))
                Assert.Equal(side.Split(' ')[0], RecipeFile.Load(Path.Combine(folder, side.Split(' ')[0] + ".yaml")).Name);
        }
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

using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Tests.Processes;

public sealed class WorkerPositionTests
{
    [Fact]
    public void What_one_writes_the_other_reads()
    {
        using var kept = WorkerPosition.Create();
        Assert.Equal((0, 0, -1), (kept.Tick, kept.Step, kept.Instruction));
        using (var written = WorkerPosition.Open(kept.Path!))
        {
            written.Begin(new Tick(7, Split.Test, 6, 0, 0, 32, 0));
            written.At(12);
        }
        Assert.Equal((7, 6, 12), (kept.Tick, kept.Step, kept.Instruction));
    }

    [Fact]
    public void A_page_is_no_file_that_remains()
    {
        string path;
        using (var page = WorkerPosition.Create()) path = File.ResolveLinkTarget(page.Path!, returnFinalTarget: false)!.FullName;
        Assert.EndsWith(" (deleted)", path, StringComparison.Ordinal);
    }
}

using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Training.Tests.Coordination;

public sealed class FailureJudgeTests
{
    [Fact]
    public void The_dead_come_before_those_who_noticed()
    {
        var judge = new FailureJudge();
        judge.Add(Report(FailureKind.Consequence, 0));
        judge.Add(Report(FailureKind.Lost, 1));
        Assert.Equal(1, judge.Cause.Rank);
        judge.Add(Report(FailureKind.Died, 1));
        Assert.True(judge.IsClear);
        Assert.Equal((1, FailureKind.Died), (judge.Cause.Rank, judge.Cause.Kind));
    }

    [Fact]
    public void Of_two_alike_the_first_is_the_cause()
    {
        var judge = new FailureJudge();
        judge.Add(Report(FailureKind.Error, 1));
        judge.Add(Report(FailureKind.Error, 0));
        Assert.Equal(1, judge.Cause.Rank);
        Assert.False(judge.IsClear);
    }

    [Fact]
    public void A_process_that_said_why_it_ended_is_told_by_that()
    {
        var judge = new FailureJudge();
        judge.Add(Report(FailureKind.Error, 1));
        judge.Add(Report(FailureKind.Died, 1) with { LastLines = ["words"] });
        Assert.Equal(FailureKind.Error, judge.Cause.Kind);
        Assert.Equal(["words"], judge.Cause.LastLines);
    }

    [Fact]
    public void Texts_that_must_agree_are_compared_by_rank()
    {
        var board = new GatherBoard(3);
        Assert.Null(board.Put(2, "plan", "a", true));
        Assert.Null(board.Put(0, "plan", "a", true));
        var disagreement = Assert.Throws<InvalidDataException>(() => board.Put(1, "plan", "b", true));
        Assert.Contains("workers 0, 2: a; worker 1: b", disagreement.Message, StringComparison.Ordinal);

        Assert.Null(board.Put(1, "address", "y", false));
        Assert.Throws<InvalidDataException>(() => board.Put(1, "address", "y", false));
        Assert.Null(board.Put(0, "address", "x", false));
        Assert.Equal(["x", "y", "z"], board.Put(2, "address", "z", false));
    }

    private static FailureReport Report(FailureKind kind, int rank) => new(kind, rank, $"{kind} {rank}", default, []);
}

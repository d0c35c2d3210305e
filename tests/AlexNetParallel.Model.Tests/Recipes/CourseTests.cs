using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Model.Tests.Recipes;

public sealed class CourseTests
{
    private static Recipe Recipe(string more) => RecipeFile.Parse($"network: quickstart\nbatch: 10\nschedule: {{weight_rate: 0.1, colour_noise: {{1: 0}}}}\naugmentation: {{colour_noise: 0.5}}\n{more}", "c.yaml");

    [Fact]
    public void EpochsAreFollowedByTests()
    {
        var course = new Course(Recipe("epochs: 2"), 25, 12);

        Assert.Equal((2, 4L, 2), (course.StepsPerEpoch, course.TotalSteps, course.TestBatches));
        Assert.Equal(
            [
                new Tick(1, Split.Train, 1, 0, 0, 10, 0.5),
                new Tick(2, Split.Train, 2, 0, 1, 10, 0.5),
                new Tick(3, Split.Test, 2, 0, 0, 10, 0),
                new Tick(4, Split.Test, 2, 0, 1, 2, 0),
                new Tick(5, Split.Train, 3, 1, 0, 10, 0),
                new Tick(6, Split.Train, 4, 1, 1, 10, 0),
                new Tick(7, Split.Test, 4, 1, 0, 10, 0),
                new Tick(8, Split.Test, 4, 1, 1, 2, 0),
            ],
            course.Ticks());
    }

    [Fact]
    public void AShortLastBatchCanBeKept()
    {
        var course = new Course(Recipe("epochs: 1\nlast_batch: short"), 25, 0);

        Assert.Equal([10, 10, 5], course.Ticks().Select(t => t.Cases));
        Assert.Equal((3, 0), (course.StepsPerEpoch, course.TestBatches));
        Assert.Equal([10, 10, 10, 10], new Course(Recipe("epochs: 2\nlast_batch: short"), 20, 0).Ticks().Select(t => t.Cases));
    }

    [Fact]
    public void EveryStartGivesTheRestOfTheSameCourse()
    {
        var course = new Course(Recipe("steps: 17\ntest: {every_steps: 4}"), 31, 25);
        var whole = course.Ticks().ToArray();

        Assert.Equal(Enumerable.Range(1, whole.Length).Select(n => (long)n), whole.Select(t => t.Number));
        for (var after = 0; after <= whole.Length; after++) Assert.Equal(whole[after..], course.Ticks(after));
    }

    [Fact]
    public void ARunOfStepsEndsInTheMiddleOfAnEpochWithATest()
    {
        var course = new Course(Recipe("steps: 5"), 30, 10);

        Assert.Equal(["1", "2", "3", "3t", "4", "5", "5t"], course.Ticks().Select(t => t.Step + (t.Split == Split.Test ? "t" : "")));
        Assert.Equal((1, 1), (course.Ticks().Last().Epoch, course.Ticks().First(t => t.Step == 5).Batch));
    }

    [Theory]
    [InlineData("epochs: 4\ntest: {every_epochs: 2, at_end: false}", "4 8")]
    [InlineData("epochs: 3\ntest: {every_epochs: 2}", "4 6")]
    [InlineData("epochs: 3\ntest: {every_epochs: 2, at_end: false}", "4")]
    [InlineData("epochs: 3\ntest: {every_epochs: 0, at_end: false}", "")]
    [InlineData("epochs: 3\ntest: {every_steps: 5, at_end: false}", "5")]
    [InlineData("epochs: 3\ntest: {every_steps: 3, every_epochs: 1}", "2 3 4 6")]
    public void TestsFollowTheirCadence(string recipe, string steps)
    {
        var course = new Course(Recipe(recipe), 25, 10);

        Assert.Equal(steps, string.Join(' ', course.Ticks().Where(t => t.Split == Split.Test).Select(t => t.Step)));
    }

    [Fact]
    public void ACheckpointComesAfterTheTestsOfItsStep()
    {
        var course = new Course(Recipe("epochs: 3\ncheckpoint: {every_steps: 3, every_epochs: 1}"), 25, 12);

        // Steps 2, 4, 6 end an epoch and are tested with two batches; step 3 is due by its number alone.
        Assert.Equal(["4", "5", "8", "12"], course.Ticks().Where(t => course.IsCheckpointDue(t)).Select(t => t.Number.ToString()));
        Assert.Equal([2L, 3, 4, 6], course.Ticks().Where(t => course.IsCheckpointDue(t)).Select(t => t.Step));
        var short3 = new Course(Recipe("steps: 3\ncheckpoint: {every_epochs: 0}\ntest: {every_epochs: 0, at_end: false}"), 25, 12);
        Assert.Equal([3L], short3.Ticks().Where(t => short3.IsCheckpointDue(t)).Select(t => t.Step));
    }

    [Fact]
    public void ProgressIsThatOfTheStep()
    {
        var course = new Course(Recipe("epochs: 4"), 25, 0);
        var tick = course.Ticks().Last();

        Assert.Equal(new(3, 8, 8, 2), course.Progress(tick, drops: 2));
        Assert.Equal(7.0 / 8, course.Progress(tick).Fraction);
    }

    [Fact]
    public void TooFewImagesAreRefused()
    {
        var exception = Assert.Throws<ArgumentException>(() => new Course(Recipe("epochs: 1"), 9, 9));

        Assert.StartsWith("9 training images do not fill one batch of 10: use a smaller batch, more images, or 'last_batch: short'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(9, new Course(Recipe("epochs: 1\nlast_batch: short"), 9, 9).Ticks().First().Cases);
    }
}

using AlexNetParallel.Devices;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Tests.Coordination;

public sealed class CourseDriverTests
{
    // 3 training steps an epoch, 2 test batches after each epoch.
    private static readonly Recipe recipe = RecipeFile.Load("quickstart", new RecipeOverrides
    {
        Batch = 32,
        Epochs = 2,
        Test = new Cadence(1, 0, true),
        Checkpoint = new Cadence(1, 0, true),
    });

    private static readonly Course course = new(recipe, 96, 40);

    [Fact]
    public void Ticks_are_granted_ahead_but_not_beyond_a_test()
    {
        var driver = new CourseDriver(recipe, course, 1, 0, default);
        var granted = Grant(driver);
        Assert.Equal([1, 2], granted);
        Report(driver, 1);
        Assert.Equal([3], Grant(driver));
        Report(driver, 2);
        Assert.Equal([4], Grant(driver));
        Report(driver, 3);
        Assert.Equal([5], Grant(driver));
        Report(driver, 4);
        Assert.Empty(Grant(driver)); // tick 6 trains, and the test of epoch 0 is not complete
        Report(driver, 5);
        Assert.Equal([6, 7], Grant(driver));
    }

    [Fact]
    public void Fast_ticks_are_granted_by_the_dozen()
    {
        var driver = new CourseDriver(recipe, new Course(recipe, 32 * 1000, 0), 1, 0, default);
        foreach (var tick in Grant(driver)) driver.Report(0, tick, new WorkerTick(default, new TickTimes(0.01, 0, 0, 0, 0, 0)));
        Assert.Equal(50, Grant(driver).Count); // half a second
    }

    [Fact]
    public void Sums_are_made_in_the_order_of_the_ranks()
    {
        // 1e16 + 1 − 1e16 is 0 in one order and 1 in another.
        LossSums[] parts = [new(1e16, 0, 0), new(-1e16, 0, 0), new(1, 0, 0)];
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 2, 0]])
        {
            var driver = new CourseDriver(recipe, course, 3, 0, default);
            Grant(driver);
            var events = order.SelectMany(rank => driver.Report(rank, 1, new WorkerTick(parts[rank], new TickTimes(1, 0, 0, 0, 0, 0))).ToList()).ToList();
            Assert.Equal(1.0 / 32, Assert.IsType<StepDone>(Assert.Single(events)).Loss);
        }
    }

    [Fact]
    public void Speed_is_that_of_the_slowest()
    {
        var driver = new CourseDriver(recipe, course, 2, 0, default);
        Grant(driver);
        driver.Report(0, 1, new WorkerTick(default, new TickTimes(0.4, 0.2, 0.3, 0.1, 0, 7)));
        var step = Assert.IsType<StepDone>(Assert.Single(driver.Report(1, 1, new WorkerTick(default, new TickTimes(1.5, 0, 0, 0.2, 0.3, 0)))));
        Assert.Equal((16.0, 2.0, 0.5, 0.2), (step.ImagesPerSecond, step.Seconds, step.ExchangeSeconds, step.FeedSeconds));
    }

    [Fact]
    public void A_report_that_nobody_asked_for_is_refused()
    {
        var driver = new CourseDriver(recipe, course, 2, 0, default);
        Grant(driver);
        Assert.Throws<InvalidDataException>(() => driver.Report(0, 3, default));
        driver.Report(0, 1, default);
        Assert.Contains("twice", Assert.Throws<InvalidDataException>(() => driver.Report(0, 1, default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoints_stand_where_the_course_has_them()
    {
        var driver = new CourseDriver(recipe, course, 1, 0, default);
        var after = new List<long>();
        while (!driver.IsOver || !driver.IsIdle)
        {
            var (ticks, checkpoint) = driver.Grant();
            if (checkpoint) after.Add(driver.LastGranted!.Value.Number);
            foreach (var tick in ticks) Report(driver, tick.Number);
        }
        Assert.Equal([5, 10], after);
        Assert.True(driver.Finished);
        Assert.Equal((6, 4), driver.TicksDone);
    }

    [Fact]
    public void A_run_ends_with_the_epoch_that_comes_to_its_training_error()
    {
        var driver = new CourseDriver(recipe with { Epochs = 9, StopAtTrainingError = 0.25 }, course, 1, 0, default);
        // Epochs of three steps of 32 images: 9, then 7 errors a step; ticks 4 and 5, 9 and 10 are tests.
        foreach (var tick in (long[])[1, 2, 3, 4, 5])
        {
            Grant(driver);
            driver.Report(0, tick, new WorkerTick(new LossSums(0, 9, 0), new TickTimes(10, 0, 0, 0, 0, 0)));
        }
        Assert.Equal((27, 96), ((int)driver.Counted.Errors, (int)driver.Counted.Images));
        Assert.False(driver.HasComeToItsError);
        Assert.Equal([6, 7], Grant(driver));
        foreach (var tick in (long[])[6, 7, 8, 9, 10])
        {
            driver.Report(0, tick, new WorkerTick(new LossSums(0, 7, 0), new TickTimes(10, 0, 0, 0, 0, 0)));
            Grant(driver);
        }
        Assert.True(driver.HasComeToItsError && driver.Finished && driver.IsOver && driver.IsIdle);
        Assert.Equal(10, driver.LastGranted!.Value.Number);
    }

    private static List<long> Grant(CourseDriver driver)
    {
        var all = new List<long>();
        for (var again = true; again;)
        {
            var (ticks, checkpoint) = driver.Grant();
            all.AddRange(ticks.Select(t => t.Number));
            again = checkpoint;
        }
        return all;
    }

    private static void Report(CourseDriver driver, long tick) => driver.Report(0, tick, new WorkerTick(default, new TickTimes(10, 0, 0, 0, 0, 0)));
}

namespace AlexNetParallel.Cli.Tests.Runs;

public sealed class DryRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_course_of_2012_needs_no_data()
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "train", "--recipe", "alexnet-2012-source", "--dry-run", "--calibrate", "0");
        Assert.True(code == 0, error);
        Assert.Equal(91, lines.Count(l => l.Event() == "epoch"));
        var course = lines.Last("course");
        Assert.Equal((1_281_167, 91 * 10_010L), (course.GetProperty("train_images").GetInt32(), course.GetProperty("steps").GetInt64()));
        var days = course.GetProperty("days_on_two_gtx580").EnumerateArray().Select(d => d.GetDouble()).ToList();
        // 91 passes over 1,281,167 images are 1.08 times the paper's 90 over 1.2 million, "five to six days".
        Assert.Equal([5.4, 6.5], days.Select(d => Math.Round(d, 1)));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task The_forecast_is_measured_with_real_steps()
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "train", "--dry-run", "--calibrate", "2");
        Assert.True(code == 0, error);
        var course = lines.Last("course");
        var (seconds, days) = (course.GetProperty("seconds_per_step_measured").GetDouble(), course.GetProperty("days_here").GetDouble());
        Assert.InRange(seconds, 1e-5, 60);
        // 8 epochs of 78 steps of 64 images, and 8 tests of 1000 images at a third of the time.
        Assert.Equal(seconds * (8 * 78 + 8 * 1000 / 64.0 / 3) / 86400, days, days * 1e-9);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("train --calibrate 3", "found --calibrate without --dry-run")]
    [InlineData("train --dry-run --train-images 10 --calibrate 0", "10 training images do not fill one batch of 64")]
    public async Task Wrong_arguments_are_told(string line, string message)
    {
        var (code, output, error) = await Command.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }
}

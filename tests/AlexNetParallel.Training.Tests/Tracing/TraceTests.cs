using System.Text;
using System.Text.Json;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Tests.Tracing;

/// <summary>The parts of a trace: clocks, the file, what workers say.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    private string File => Path.Combine(folder, "trace.json");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("3:5", 3, 5)]
    [InlineData("7:7", 7, 7)]
    public void A_range_is_read(string text, long from, long to) => Assert.Equal(new TraceRange(from, to), TraceRange.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("0:4")]
    [InlineData("5:3")]
    [InlineData("a:b")]
    [InlineData("1:2:3")]
    public void Other_ranges_are_refused(string text) => Assert.Contains($"found '{text}'", Assert.Throws<FormatException>(() => TraceRange.Parse(text)).Message);

    /// <summary>A worker whose clock is 5 s ahead, over ways that take 30 µs to 10 ms each, not the same there and back.</summary>
    [Fact]
    public void The_question_with_the_least_delay_tells_the_offset_within_its_error()
    {
        const long ahead = 5_000_000_000;
        var random = new Random(1);
        var samples = new List<ClockSample>();
        for (var i = 0; i < 16; i++)
        {
            var asked = 1_000_000L * i;
            var (there, handling, back) = (random.Next(30_000, 10_000_000), random.Next(0, 5_000), random.Next(30_000, 10_000_000));
            samples.Add(new ClockSample(asked + ahead, asked + there, asked + there + handling, asked + there + handling + back + ahead));
        }
        var offset = ClockOffset.Of(samples);
        Assert.InRange(offset.Nanoseconds + ahead, -offset.Error, offset.Error);
        Assert.Equal((samples.Min(s => s.Delay) + 1) / 2, offset.Error);
    }

    [Fact]
    public void The_file_is_whole_at_any_moment_and_bounded()
    {
        var file = new TraceFile(File, mostBytes: 1000);
        Assert.Empty(Events());
        for (var i = 0; i < 100; i++)
        {
            file.Add(Encoding.UTF8.GetBytes($"{{\"ph\":\"i\",\"ts\":{i}}}"));
            if (i % 7 == 0) file.Save();
            Assert.True(Events().Count <= i + 1);
        }
        file.Save();
        Assert.InRange(new FileInfo(File).Length, 900, 1000);
        Assert.Equal(file.Bytes, new FileInfo(File).Length);
        Assert.Equal(100, Events().Count + file.Dropped);
        Assert.Equal(Enumerable.Range(0, Events().Count), Events().Select(e => e.GetProperty("ts").GetInt32()));
    }

    [Fact]
    public void A_full_trace_says_so_once()
    {
        var plan = Plan.Compile(NetworkFile.Load("quickstart"), PartitionFile.Load("paper"), 2, 64);
        using var trace = new RunTrace(new TraceRange(1, 1000), File, plan, mostBytes: 20_000);
        var said = Enumerable.Range(1, 100).Select(step => trace.Take(step % 2, Spans(step), plan)).OfType<string>().ToList();
        Assert.Contains("the trace is full at step", Assert.Single(said));
        Assert.Contains("left out because it is full", trace.Summary());
        trace.Save();
        Assert.NotEmpty(Events());
        Assert.InRange(new FileInfo(File).Length, 1, 20_000);
    }

    [Fact]
    public void What_no_worker_can_have_done_is_refused()
    {
        var plan = Plan.Compile(NetworkFile.Load("quickstart"), PartitionFile.Load("paper"), 2, 64);
        using var trace = new RunTrace(new TraceRange(2, 3), File, plan);
        Assert.Throws<InvalidDataException>(() => trace.Take(0, Spans(4), plan));
        foreach (var what in (int[])[plan.Programs[0].Instructions.Count, -2 - plan.Slabs.Count])
        {
            var spans = Spans(2);
            spans.What[0] = what;
            Assert.Throws<InvalidDataException>(() => trace.Take(0, spans, plan));
        }
        var uneven = Spans(2);
        uneven.Begin.Add(1);
        Assert.Throws<InvalidDataException>(() => trace.Take(0, uneven, plan));
    }

    private static StepSpans Spans(long step) => new()
    {
        Step = step,
        StepBegin = 1000 * step,
        StepDuration = 900,
        Whole = true,
        What = { 0, 1, StepTrace.Feed, -2 },
        Begin = { 1000 * step, 1000 * step + 100, 1000 * step + 200, 1000 * step + 300 },
        Duration = { 100, 100, 100, 100 },
    };

    private IReadOnlyList<JsonElement> Events() => [.. JsonDocument.Parse(System.IO.File.ReadAllBytes(File)).RootElement.GetProperty("traceEvents").EnumerateArray()];
}

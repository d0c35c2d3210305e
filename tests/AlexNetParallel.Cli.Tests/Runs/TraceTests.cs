using System.Text.Json;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Runs;

/// <summary>`alexnet train --trace`: what coordinator and workers did in some steps, on one clock.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("peer")]
    [InlineData("grpc")]
    public async Task The_steps_asked_for_are_there_whole_and_on_one_clock(string transport)
    {
        var (code, _, error) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "7", "--trace", "3:5", "--transport", transport, "--run", "traced");
        Assert.True(code == 0, error);
        Assert.Contains("trace of steps 3 to 5", error, StringComparison.Ordinal);
        var events = Read("traced");
        var plan = Plan.Compile(NetworkFile.Load("quickstart"), PartitionFile.Load("paper"), 2, 64);
        Assert.Equal(["coordinator", "worker 0", "worker 1"], events.Where(e => Text(e, "name") == "process_name").Select(e => Text(e.GetProperty("args"), "name").Split(" (")[0]));
        Assert.Contains(events, e => e.GetProperty("pid").GetInt32() == 0 && Text(e, "name") == "step 4 is done");
        for (var rank = 0; rank < 2; rank++)
        {
            var own = events.Where(e => e.GetProperty("pid").GetInt32() == rank + 1 && Text(e, "ph") == "X").ToList();
            var steps = own.Where(e => Category(e) == "step").ToList();
            Assert.Equal(["step 3", "step 4", "step 5"], steps.Select(e => Text(e, "name")));
            foreach (var step in steps)
            {
                var within = own.Where(e => Category(e) is not "step" and not "feed" && Step(e) == Step(step)).ToList();
                Assert.Equal(plan.Programs[rank].Instructions.Select(InstructionText.Describe), within.Select(e => Text(e.GetProperty("args"), "instruction")));
                Assert.All(within, e => Assert.True(Begin(e) >= Begin(step) && End(e) <= End(step), $"{e} lies outside of {step}"));
                Assert.All(within.Zip(within.Skip(1)), pair => Assert.True(End(pair.First) <= Begin(pair.Second), $"{pair.Second} begins before {pair.First} ends"));
            }
        }
        Assert.Contains(events, e => Text(e, "name") == "conv3 forward" && e.GetProperty("pid").GetInt32() == 2);
        CheckSlabs(events, plan);
    }

    [Fact]
    public async Task When_a_worker_is_killed_the_trace_is_whole_before_and_after()
    {
        JsonElement start = default;
        var reads = 0;
        Exception? wrong = null;
        using var process = AlexnetProcess.Start(folder, ["train", "--steps", "100000", "--trace", "1:100000", "--run", "killed"], line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() != "step") return;
            try
            {
                Read("killed"); // valid at any moment
            }
            catch (Exception e)
            {
                wrong ??= e;
            }
            if (++reads == 20) RunningProcess.Signal("KILL", start.Processes()[1]);
        });
        var (code, _, error) = await process.EndAsync();
        Assert.Null(wrong);
        Assert.Equal(1, code);
        Assert.Contains("trace of steps 1 to", error, StringComparison.Ordinal);
        var events = Read("killed");
        Assert.Contains(events, e => Text(e, "name").StartsWith("the run failed: worker 1", StringComparison.Ordinal));
        Assert.Contains(events, e => Text(e, "name") == "step 15");
        // The survivor's last step, as far as it came.
        Assert.Contains(events, e => Category(e) == "step" && e.GetProperty("args").TryGetProperty("ended_by", out _) && e.GetProperty("pid").GetInt32() == 1);
    }

    [Fact]
    public async Task Another_range_is_refused()
    {
        var (code, _, error) = await AlexnetProcess.RunAsync(folder, "train", "--trace", "5:3");
        Assert.Equal(2, code);
        Assert.Contains("--trace: found '5:3'; expected FROM:TO", error, StringComparison.Ordinal);
    }

    /// <summary>A slab leaves before it has arrived, on the one clock and within what is known of it.</summary>
    private static void CheckSlabs(IReadOnlyList<JsonElement> events, Plan plan)
    {
        var error = 2 * events.Where(e => Category(e) == "step").Max(e => e.GetProperty("args").GetProperty("clock_error_us").GetDouble());
        var exchanges = events.Where(e => Text(e, "ph") == "X" && Category(e) == "exchange").ToList();
        for (var step = 3; step <= 5; step++)
            foreach (var slab in plan.Slabs)
            {
                var ends = exchanges.Where(e => Step(e) == step && e.GetProperty("args").GetProperty("slab").GetInt32() == slab.Id).ToList();
                var send = Assert.Single(ends, e => Text(e, "name").EndsWith(" send", StringComparison.Ordinal));
                var receive = Assert.Single(ends, e => Text(e, "name").EndsWith(" receive", StringComparison.Ordinal));
                Assert.Equal((slab.From + 1, slab.To + 1), (send.GetProperty("pid").GetInt32(), receive.GetProperty("pid").GetInt32()));
                Assert.All(ends, e => Assert.Equal(slab.Bytes, e.GetProperty("args").GetProperty("bytes").GetInt64()));
                Assert.True(Begin(send) <= End(receive) + error, $"{send} after {receive}, error {error} µs");
                var moves = events.Where(e => Text(e, "ph") is "b" or "e" && e.GetProperty("id").GetInt32() == slab.Id && Begin(e) >= Begin(send) - error && Begin(e) <= End(receive) + error);
                Assert.Equal(["b", "e"], moves.Select(e => Text(e, "ph")));
            }
    }

    private IReadOnlyList<JsonElement> Read(string run) =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, run, "trace.json"))).RootElement.GetProperty("traceEvents").EnumerateArray()];

    private static string Text(JsonElement e, string name) => e.GetProperty(name).GetString()!;

    private static string? Category(JsonElement e) => e.TryGetProperty("cat", out var category) ? category.GetString() : null;

    private static long Step(JsonElement e) => e.GetProperty("args").GetProperty("step").GetInt64();

    private static double Begin(JsonElement e) => e.GetProperty("ts").GetDouble();

    private static double End(JsonElement e) => Begin(e) + e.GetProperty("dur").GetDouble();
}

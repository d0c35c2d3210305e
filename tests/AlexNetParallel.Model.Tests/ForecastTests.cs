using System.Diagnostics;
using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Model.Tests;

/// <summary>Forecasts and the search, on machines whose figures make the answer known.</summary>
public sealed class ForecastTests
{
    /// <summary>A machine that computes at 1 TFLOP/s and has no other limits, but for what the test sets.</summary>
    private static Machine Ideal(double latency = 0, double bytesPerSecond = 1e30, double slabWork = 0, double workBytesPerSecond = 1e30, double memory = 1e30) => new("ideal", "made up", memory,
        Enum.GetValues<WorkKind>().ToDictionary(k => k, k => (IReadOnlyList<Rate>)[new Rate(1, k is WorkKind.Memory or WorkKind.Normalization ? 1e30 : 1e12)]),
        new Dictionary<string, Link> { ["line"] = new(latency, bytesPerSecond, slabWork, workBytesPerSecond) }, 1, 1, 0);

    private static Plan Compile(string partition, int workers) => Plan.Compile(NetworkFile.Load("alexnet-2012", "source"), PartitionFile.Load(partition), workers, 128);

    [Fact]
    public void OneWorkerTakesTheTimeOfItsOperations()
    {
        var forecast = Forecast.Of(Compile("single", 1), Ideal(), "line");
        // conv1 has no input gradient; every layer's three passes otherwise: the network's own count.
        Assert.Equal(529_358_143_488 / 1e12, forecast.Seconds, 1e-9);
        Assert.Equal(0, forecast.WaitSeconds[0]);
    }

    [Fact]
    public void TwoWorkersHalveItWhereNothingCosts()
    {
        var whole = Forecast.Of(Compile("single", 1), Ideal(), "line").Seconds;
        Assert.Equal(whole / 2, Forecast.Of(Compile("data", 2), Ideal(), "line").Seconds, 1e-9);
        // fc8 stands on worker 0: that much it has more.
        var source = Forecast.Of(Compile("source", 2), Ideal(), "line");
        Assert.Equal(3 * 2 * 4_096_000.0 * 128 / 1e12, source.ComputeSeconds[0] - source.ComputeSeconds[1], 1e-9);
    }

    [Fact]
    public void ASlowLineIsWaitedFor()
    {
        var free = Forecast.Of(Compile("paper", 2), Ideal(), "line").Seconds;
        var plan = Compile("paper", 2);
        var slow = Forecast.Of(plan, Ideal(bytesPerSecond: 1e6), "line");
        Assert.InRange(slow.Seconds, plan.BytesPerStep / 2 / 1e6, plan.BytesPerStep / 2 / 1e6 + 2 * free);
        Assert.Equal(plan.BytesPerStep, slow.Bytes);
    }

    [Fact]
    public void ProcessorTimeOfALinkIsTakenFromTheWorkersAtBothEndsUnlessTheyWait()
    {
        var plan = Compile("paper", 2);
        var free = Forecast.Of(plan, Ideal(), "line");
        // An infinitely fast line that the processors move: every byte and slab that enters or leaves a worker is paid.
        var slabs = plan.Slabs.Count(s => s.From == 0 || s.To == 0);
        var busy = Forecast.Of(plan, Ideal(slabWork: 1e-4, workBytesPerSecond: 1e9), "line");
        Assert.Equal(free.Seconds + plan.BytesPerStep / 1e9 + slabs * 1e-4, busy.Seconds, 1e-9);
        Assert.Equal(free.ComputeSeconds, busy.ComputeSeconds);
        // On a line as slow as that, most is done while the workers wait for it.
        var (slow, both) = (Forecast.Of(plan, Ideal(bytesPerSecond: 1e7), "line").Seconds, Forecast.Of(plan, Ideal(bytesPerSecond: 1e7, workBytesPerSecond: 1e9), "line").Seconds);
        Assert.InRange(both, slow, slow + plan.BytesPerStep / 1e9 / 2);
        // Workers that leave cores free do not pay.
        Assert.Equal(free.Seconds, Forecast.Of(plan, Ideal(workBytesPerSecond: 1e9) with { WorkersPerHost = 1000 }, "line").Seconds, free.Seconds * 0.01);
    }

    [Fact]
    public void APipelineWithMicroBatchesBeatsOneWithout()
    {
        var network = NetworkFile.Load("alexnet-2012", "source");
        double Seconds(MicroBatches micro) => Forecast.Of(Plan.Compile(network, PartitionFile.Load("pipeline") with { MicroBatches = micro }, 2, 128), Ideal(), "line").Seconds;
        Assert.True(Seconds(MicroBatches.Pipeline) < Seconds(MicroBatches.None));
    }

    [Theory]
    [InlineData("alexnet-2012", 2, 128)]
    [InlineData("vgg-a", 4, 128)]
    public void CrossingBytesInClosedFormAreThePlansForDataParallelism(string name, int workers, int batch)
    {
        var network = NetworkFile.Load(name);
        var partition = PartitionFile.Load("data");
        var plan = Plan.Compile(network, partition, workers, batch);
        var costs = new LayerCosts(network, Ideal(), "line", workers, batch);
        var bytes = network.Layers.Sum(l => costs.CrossingBytes(l, l.Number == 0 ? null : Sharding.Batch, Sharding.Batch));
        Assert.Equal((double)plan.BytesPerStep / workers, bytes, 64.0 * workers * network.Layers.Count); // shares are even to 16 floats
    }

    [Fact]
    public void CrossingBytesInClosedFormAreThePlansForTheTowersOfThePaper()
    {
        var network = NetworkFile.Load("alexnet-2012", "source");
        var costs = new LayerCosts(network, Ideal(), "line", 2, 128);
        foreach (var (layer, bytes) in ((string, long)[])[("conv3", 11_075_584), ("fc6", 2_359_296), ("fc7", 1_048_576), ("conv2", 0), ("conv4", 0), ("conv5", 0)])
            Assert.Equal(2.0 * bytes, costs.CrossingBytes(network[layer], Sharding.Channels, Sharding.Channels));
    }

    [Fact]
    public void TheSearchFindsWhatEveryCombinationTriedFinds()
    {
        var network = NetworkFile.Load("quickstart");
        foreach (var bandwidth in (double[])[1e6, 1e8, 1e10, 1e12])
        {
            var costs = new LayerCosts(network, Ideal(1e-5, bandwidth), "line", 2, 128);
            var search = new ShardingSearch(network, costs);
            var choices = network.Layers.Select(l => costs.Choices(l).ToArray()).ToArray();
            IEnumerable<Sharding[]> all = [[]];
            foreach (var choice in choices) all = [.. all.SelectMany(a => choice.Select(c => (Sharding[])[.. a, c]))];
            Assert.Equal(all.Min(a => search.Of(a).Seconds), search.Best(1e30)!.Seconds, 1e-12);
        }
    }

    [Fact]
    public void TheSearchKeepsToTheMemoryAndWhatItFindsCompiles()
    {
        var network = NetworkFile.Load("alexnet-2012", "source");
        var search = new ShardingSearch(network, new LayerCosts(network, MachineFile.Load("gtx-580"), "pcie", 2, 128));
        var roomy = search.Best(1e12)!;
        var tight = search.Best(0.7 * roomy.MemoryBytes);
        Assert.True(tight is null || (tight.MemoryBytes <= 0.7 * roomy.MemoryBytes && tight.Seconds >= roomy.Seconds));
        Assert.Null(search.Best(1e6));
        foreach (var known in (string[])["paper", "data", "hybrid"])
            Assert.True(roomy.Seconds <= search.Of(PartitionFile.Load(known).For(network)).Seconds + 1e-12, known);
        Assert.NotEmpty(Plan.Compile(network, roomy.ToPartition("found", network), 2, 128).Programs);
    }

    [Fact]
    public void TheSearchFor64WorkersTakesLessThanASecond()
    {
        var network = NetworkFile.Load("vgg-e");
        var search = new ShardingSearch(network, new LayerCosts(network, MachineFile.Load("100gbe-v100"), "grpc", 64, 4096));
        search.Best(16e9); // compiled by the runtime
        var clock = Stopwatch.StartNew();
        Assert.NotNull(search.Best(16e9));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 1);
    }

    [Theory]
    [InlineData("gtx-580")]
    [InlineData("v100")]
    [InlineData("h100")]
    [InlineData("10gbe-v100")]
    [InlineData("100gbe-v100")]
    public void MachineFilesReadAndNameTheirSource(string name)
    {
        var machine = MachineFile.Load(name);
        Assert.Equal(name, machine.Name);
        Assert.NotEmpty(machine.Source);
        var again = MachineFile.Parse(MachineFile.Write(machine), "again.yaml");
        Assert.Equal((machine.MemoryBytes, machine.Slowdown, machine.WorkersPerHost), (again.MemoryBytes, again.Slowdown, again.WorkersPerHost));
        Assert.Equal(machine.Links, again.Links);
        foreach (var kind in Enum.GetValues<WorkKind>()) Assert.Equal(machine.Rates[kind], again.Rates[kind]);
    }

    [Fact]
    public void TheMachineOf2012ForecastsThePapersDays()
    {
        // Section 5: 90 cycles through 1.2 million images took five to six days on two GTX 580.
        var step = Forecast.Of(Compile("source", 2), MachineFile.Load("gtx-580"), "pcie").Seconds;
        Assert.InRange(90 * 1.2e6 / 128 * step / 86_400, 5, 6);
    }

    [Fact]
    public void MoreWorkersThanPlacesShareThem()
    {
        var one = Ideal() with { WorkersPerHost = 2, Hosts = 1 };
        Assert.Equal((1, 1, 2), (one.SlowdownWith(1), one.SlowdownWith(2), one.SlowdownWith(4)));
        Assert.Equal(1, (one with { Hosts = null }).SlowdownWith(4));
        Assert.Equal(1, MachineFile.Parse(MachineFile.Write(one), "one.yaml").Hosts);
    }

    [Fact]
    public void AWrongMachineIsNamedWithItsLine()
    {
        var wrong = Assert.Throws<RecipeException>(() => MachineFile.Parse("source: x\nmemory_bytes: 1\nrates: {memory: 1}\nlinks: {}", "m.yaml"));
        Assert.StartsWith("m.yaml:3: found no 'convolution_forward' in the rates of machine m", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("no link 'peer'", Assert.Throws<RecipeException>(() => MachineFile.Load("v100").LinkOf("peer")).Message, StringComparison.Ordinal);
    }
}

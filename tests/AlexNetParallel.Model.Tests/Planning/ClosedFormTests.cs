using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Model.Tests.Planning;

/// <summary>Bytes that cross, against the closed forms that follow from the paper's figure 2 by hand (batch 128, float32).</summary>
public class ClosedFormTests
{
    private const long Conv3 = 11_075_584;   // 128 maps × 13 × 13 × 128 images × 4 bytes
    private const long Fc6 = 2_359_296;      // 128 maps × 6 × 6 × 128 × 4
    private const long Fc7 = 1_048_576;      // 2048 units × 128 × 4
    private const long HalfOfClasses = 256_000; // 500 classes × 128 × 4

    private static Plan Compile(string dialect, string partition, int workers, int batch = 128) =>
        Plan.Compile(NetworkFile.Load("alexnet-2012", dialect), PartitionFile.Load(partition), workers, batch);

    private static IEnumerable<(string Layer, Direction Direction, int From, int To, long Bytes)> Rows(Plan plan) =>
        plan.Exchanges.SelectMany(e => e.Transfers.GroupBy(t => (t.From, t.To)).Select(g => (e.Layer, e.Direction, g.Key.From, g.Key.To, g.Sum(t => t.Bytes))))
            .OrderBy(r => r.Layer, StringComparer.Ordinal).ThenBy(r => r.Direction).ThenBy(r => r.From);

    [Fact]
    public void The_source_partition_moves_60_030_976_bytes_a_step()
    {
        var plan = Compile("source", "source", 2);
        Assert.Equal(
            [
                ("conv3", Direction.Forward, 0, 1, Conv3), ("conv3", Direction.Forward, 1, 0, Conv3),
                ("conv3", Direction.Backward, 0, 1, Conv3), ("conv3", Direction.Backward, 1, 0, Conv3),
                ("fc6", Direction.Forward, 0, 1, Fc6), ("fc6", Direction.Forward, 1, 0, Fc6),
                ("fc6", Direction.Backward, 0, 1, Fc6), ("fc6", Direction.Backward, 1, 0, Fc6),
                ("fc7", Direction.Forward, 0, 1, Fc7), ("fc7", Direction.Forward, 1, 0, Fc7),
                ("fc7", Direction.Backward, 0, 1, Fc7), ("fc7", Direction.Backward, 1, 0, Fc7),
                ("fc8", Direction.Forward, 1, 0, Fc7), ("fc8", Direction.Backward, 0, 1, Fc7),
            ],
            Rows(plan));
        Assert.Equal(60_030_976, plan.BytesPerStep);
    }

    [Fact]
    public void The_paper_partition_moves_62_128_128_bytes_and_the_scores_of_half_the_classes()
    {
        var plan = Compile("paper", "paper", 2);
        Assert.Equal(62_128_128, plan.Exchanges.Where(e => e.Layer != "softmax").Sum(e => e.Bytes));
        Assert.Equal(
            [("softmax", Direction.Forward, 1, 0, HalfOfClasses), ("softmax", Direction.Backward, 0, 1, HalfOfClasses)],
            Rows(plan).Where(r => r.Layer == "softmax"));
        Assert.Equal(["conv3", "fc6", "fc7", "fc8", "softmax"], plan.Exchanges.Select(e => e.Layer).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("paper")]
    [InlineData("source")]
    public void Data_parallelism_moves_the_gradient_of_every_parameter_both_ways_and_no_activation(string dialect)
    {
        var plan = Compile(dialect, "data", 2);
        Assert.Equal(487_721_792, plan.BytesPerStep);
        Assert.All(plan.Exchanges, e => Assert.True(e.Direction is Direction.Reduce or Direction.Gather));
        Assert.Equal(243_860_896, plan.Slabs.Where(s => s.From == 0).Sum(s => s.Bytes));
    }

    [Theory]
    [InlineData("paper", "paper")]
    [InlineData("source", "source")]
    [InlineData("paper", "single")]
    [InlineData("source", "data")]
    public void One_worker_exchanges_nothing(string dialect, string partition) => Assert.Empty(Compile(dialect, partition, 1).Exchanges);

    [Theory]
    [InlineData(96)]
    [InlineData(127)]
    [InlineData(32)]
    public void Payload_counts_whole_blocks_of_32_cases(int batch) =>
        Assert.Equal(60_030_976 / 128 * ((batch + 31) / 32 * 32), Compile("source", "source", 2, batch).BytesPerStep);

    [Fact]
    public void Exchanges_of_the_paper_do_not_depend_on_the_dialect_up_to_fc7()
    {
        var paper = Rows(Compile("paper", "paper", 2)).Where(r => r.Layer is "conv3" or "fc6" or "fc7");
        var source = Rows(Compile("source", "source", 2)).Where(r => r.Layer is "conv3" or "fc6" or "fc7");
        Assert.Equal(paper, source);
    }
}

using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Model.Tests.Planning;

/// <summary>
/// The partitions that the author of the 2012 program tried as networks of their own: which layers meet, and how many bytes cross, against sums by hand
/// (batch 128, float32, forward and backward alike).
/// </summary>
public sealed class VariantTests
{
    /// <summary>A map of 13×13 pixels, of 6×6 pixels, and a unit, for 128 images.</summary>
    private const long Map13 = 13 * 13 * 128 * 4, Map6 = 6 * 6 * 128 * 4, Unit = 128 * 4;

    public static TheoryData<string, string, int, long, (string Layer, long Forward)[]> Variants() => new()
    {
        // Two towers: a layer that reads all fetches the other half.
        { "alexnet-150", "source", 2, 2 * (17_472 + 192_160 + 276_672 + 331_968 + 221_312 + 4608L * 4096 + 4096 + 4096L * 2048 + 2048) + 4_097_000, [("fc8", 2048 * Unit)] },
        { "alexnet-132", "source", 2, 60_965_224 - 2 * 128 * 9 * 192 + 2 * 192 * 9 * 192, [("conv4", 2 * 192 * Map13), ("fc6", 2 * 128 * Map6), ("fc7", 2 * 2048 * Unit), ("fc8", 2048 * Unit)] },
        { "alexnet-128", "source", 2, 60_965_224 + 2 * 192 * 9 * 192, [("conv3", 2 * 128 * Map13), ("conv4", 2 * 192 * Map13), ("fc6", 2 * 128 * Map6), ("fc7", 2 * 2048 * Unit), ("fc8", 2048 * Unit)] },
        { "alexnet-127", "source", 2, 60_965_224 - 2 * 128 * 9 * 192, [("fc6", 2 * 128 * Map6), ("fc7", 2 * 2048 * Unit), ("fc8", 2048 * Unit)] },
        // Four towers: in pairs, each fetches one other's maps of pool2; from fc6 on those of all three others.
        { "alexnet-116", "source", 4, Four(32, 128, 256, 128, 4, 1024) + 4097 * 1000, [("conv3", 4 * 128 * Map13), ("fc6", 12 * 128 * Map6), ("fc7", 12 * 1024 * Unit), ("fc8", 3 * 1024 * Unit)] },
        { "alexnet-120-4gpu", "source", 4, Four(32, 64, 128, 128, 4, 1024) + 4097 * 1000, [("conv3", 4 * 64 * Map13), ("fc6", 12 * 128 * Map6), ("fc7", 12 * 1024 * Unit), ("fc8", 3 * 1024 * Unit)] },
        { "alexnet-130", "source", 4, Four(32, 128, 256, 64, 4, 1024) + 4097 * 1000, [("conv3", 4 * 128 * Map13), ("fc6", 12 * 64 * Map6), ("fc7", 12 * 1024 * Unit), ("fc8", 3 * 1024 * Unit)] },
        // Three of four: each reads its own and two others.
        {
            "alexnet-153-4gpu", "paper", 4, Four(32, 128, 384, 128, 3, 1024) + 4097 * 10_184,
            [("conv3", 8 * 128 * Map13), ("fc6", 8 * 128 * Map6), ("fc7", 8 * 1024 * Unit), ("fc8", 12 * 1024 * Unit), ("softmax", 3 * 2546 * Unit)]
        },
    };

    /// <summary>Parameters of four towers up to fc7: kernels of conv1, conv2 and conv5 in a tower, maps that conv3 reads, towers that fc6 and fc7 read, their units.</summary>
    private static long Four(long conv1, long conv2, long conv3Reads, long conv5, long reads, long units) => 4 * (
        conv1 * (3 * 121 + 1) + conv2 * (conv1 * 25 + 1) + 192 * (conv3Reads * 9 + 1) + 192 * (192 * 9 + 1) + conv5 * (192 * 9 + 1)
        + units * (reads * conv5 * 36 + 1) + units * (reads * units + 1));

    [Theory]
    [MemberData(nameof(Variants))]
    public void TowersMeetWhereTheAuthorHadThemMeet(string network, string partition, int workers, long parameters, (string Layer, long Forward)[] expected)
    {
        var net = NetworkFile.Load(network);
        var plan = Plan.Compile(net, PartitionFile.Load(partition), workers, 128);

        Assert.Equal(workers, net.Towers);
        Assert.Equal(parameters, net.ParameterCount);
        Assert.Equal(expected, plan.Exchanges.Where(e => e.Direction == Direction.Forward).Select(e => (e.Layer, e.Bytes)));
        Assert.Equal(expected.Reverse(), plan.Exchanges.Where(e => e.Direction == Direction.Backward).Select(e => (e.Layer, e.Bytes)));
        Assert.Equal(2 * expected.Sum(e => e.Forward), plan.BytesPerStep);
        Assert.Empty(Plan.Compile(net, PartitionFile.Load(partition), 1, 128).Exchanges);
    }

    [Theory]
    [InlineData("hybrid-turns")]
    [InlineData("hybrid-slices")]
    public void TheSchemesOfOneWeirdTrickMoveTheSameBytes(string partition)
    {
        var network = NetworkFile.Load("alexnet-2012", "source");
        var atOnce = Plan.Compile(network, PartitionFile.Load("hybrid"), 2, 128);
        var parts = Plan.Compile(network, PartitionFile.Load(partition), 2, 128);

        Assert.Equal(atOnce.Exchanges.Select(e => (e.Layer, e.Direction, e.Bytes)), parts.Exchanges.Select(e => (e.Layer, e.Direction, e.Bytes)));
        Assert.Equal(atOnce.Programs.Select(p => p.Memory), parts.Programs.Select(p => p.Memory));
        // fc6 is asked for one block after another; slices take turns between the workers' images.
        int[] expected = partition == "hybrid-turns" ? [0, 1, 2, 3] : [0, 2, 1, 3];
        Assert.Equal(expected, parts.Programs[0].Instructions.OfType<ForwardInstruction>().Where(i => i.Piece.Layer.Name == "fc6").Select(i => i.Blocks.First));
        Assert.Single(parts.Programs[0].Instructions.OfType<FusedUpdateInstruction>(), i => i.Piece.Layer.Name == "fc6");
    }

    [Fact]
    public void APipelineSendsEachBlockAsSoonAsItIsDone()
    {
        var plan = Plan.Compile(NetworkFile.Load("alexnet-2012", "source"), PartitionFile.Load("pipeline"), 2, 128);
        var first = plan.Programs[0].Instructions.ToList();
        var second = plan.Programs[1].Instructions.ToList();

        // Worker 0 sends block 0 (a slab for each tower) before it begins block 1; worker 1 is through fc7 with block 0 before it waits for block 1.
        Assert.Equal([0], first.TakeWhile(i => i is not SendInstruction).OfType<ForwardInstruction>().Where(i => i.Piece.Layer.Name == "conv1").Select(i => i.Blocks.First).Distinct());
        Assert.Equal([2, 2, 2, 2], Enumerable.Range(0, 4).Select(block => second.TakeWhile(i => !(i is ForwardInstruction f && f.Piece.Layer.Name == "fc7" && f.Blocks.First == block))
            .Count(i => i is ReceiveInstruction { Phase: Phase.Forward }) - 2 * block));
        // Back goes the share of each of fc6's two towers: their owner adds them, so that the sums are those of one worker.
        Assert.Equal((1 + 2) * 256 * Map6, plan.BytesPerStep);
    }
}

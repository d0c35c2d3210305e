using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Tests.Planning;

/// <summary>Properties that every plan must have, checked by playing the programs.</summary>
public class ProgramTests
{
    public static TheoryData<string, string, string, int, int> Plans()
    {
        var plans = new TheoryData<string, string, string, int, int>();
        foreach (var (network, dialect) in new[] { ("alexnet-2012", "paper"), ("alexnet-2012", "source"), ("quickstart", ""), ("cifar10-two-tower", "") })
            foreach (var partition in new[] { "paper", "source", "data", "hybrid", "hybrid-turns", "hybrid-slices", "single", "pipeline" })
                foreach (var workers in partition switch { "single" => [1, 2], "pipeline" => [2], _ => new[] { 1, 2 } })
                    plans.Add(network, dialect, partition, workers, 96);
        foreach (var network in new[] { "quickstart-four-pairs", "quickstart-four-three" })
            foreach (var partition in new[] { "paper", "source", "data", "hybrid", "hybrid-turns", "hybrid-slices" })
                foreach (var workers in new[] { 1, 2, 4 })
                    plans.Add(network, "", partition, workers, 128);
        plans.Add("alexnet-2012-half", "", "data", 3, 128);
        return plans;
    }

    private static Plan Compile(string network, string dialect, string partition, int workers, int batch) =>
        Plan.Compile(NetworkFile.Load(network, dialect.Length == 0 ? null : dialect), PartitionFile.Load(partition), workers, batch);

    [Theory]
    [MemberData(nameof(Plans))]
    public void Programs_end_and_every_slab_moves_once(string network, string dialect, string partition, int workers, int batch)
    {
        var plan = Compile(network, dialect, partition, workers, batch);
        var sent = new HashSet<int>();
        var received = new HashSet<int>();
        var next = new int[workers];
        bool moved;
        do
        {
            moved = false;
            for (var rank = 0; rank < workers; rank++)
            {
                var program = plan.Programs[rank].Instructions;
                while (next[rank] < program.Count)
                {
                    if (program[next[rank]] is ReceiveInstruction receive)
                    {
                        if (!sent.Contains(receive.Slab.Id)) break;
                        Assert.Equal(rank, receive.Slab.To);
                        Assert.True(received.Add(receive.Slab.Id), "a slab is received once");
                    }
                    if (program[next[rank]] is SendInstruction send)
                    {
                        Assert.Equal(rank, send.Slab.From);
                        Assert.True(sent.Add(send.Slab.Id), "a slab is sent once");
                    }
                    next[rank]++;
                    moved = true;
                }
            }
        }
        while (moved);
        Assert.All(next.Zip(plan.Programs), p => Assert.Equal(p.Second.Instructions.Count, p.First));
        Assert.Equal(plan.Slabs.Count, received.Count);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_input_is_computed_or_received_before_it_is_read(string network, string dialect, string partition, int workers, int batch)
    {
        var plan = Compile(network, dialect, partition, workers, batch);
        foreach (var program in plan.Programs)
        {
            var present = new HashSet<(int Layer, int Channel, int Block)>();
            void Add(int layer, ChannelRange channels, BlockRange blocks)
            {
                for (var b = blocks.First; b < blocks.End; b++)
                    for (var c = channels.First; c < channels.End; c++) present.Add((layer, c, b));
            }
            foreach (var instruction in program.Instructions)
            {
                if (instruction is ReceiveInstruction { Phase: Phase.Forward } receive)
                {
                    var transfers = plan.Exchanges[receive.Slab.Exchange].Transfers.Where(t => t.To == program.Rank && t.From == receive.Slab.From);
                    foreach (var transfer in transfers)
                        for (var b = transfer.Blocks.First; b < transfer.Blocks.End; b++)
                            if (program.Tensors[receive.Slab.DestinationTensor].Layout.Box(b, transfer.Channels) == receive.Slab.Destination)
                                Add(receive.LayerNumber - 1, transfer.Channels, new BlockRange(b, 1));
                }
                var (piece, blocks) = instruction switch
                {
                    ForwardInstruction f => (f.Piece, f.Blocks),
                    LossInstruction l => (l.Piece, l.Blocks),
                    _ => (null, default),
                };
                if (piece is null) continue;
                if (piece.Layer.Number > 0)
                {
                    for (var b = blocks.First; b < blocks.End; b++)
                        Assert.All(piece.Input.Each(), c => Assert.Contains((piece.Layer.Number - 1, c, b), present));
                }
                Add(piece.Layer.Number, piece.Output, blocks);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Pieces_cover_every_output_once(string network, string dialect, string partition, int workers, int batch)
    {
        var plan = Compile(network, dialect, partition, workers, batch);
        foreach (var layer in plan.Network.Layers)
        {
            var units = plan.Pieces[layer.Number].Sum(p => (long)p.Output.Count * p.Blocks.Count);
            Assert.Equal((long)layer.Output.Channels * plan.Blocks, units);
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Slabs_lie_inside_their_tensors_and_have_equal_ends(string network, string dialect, string partition, int workers, int batch)
    {
        var plan = Compile(network, dialect, partition, workers, batch);
        Assert.All(plan.Slabs, slab =>
        {
            Assert.Equal(slab.Source.Length, slab.Destination.Length);
            foreach (var (rank, tensor, box) in new[] { (slab.From, slab.SourceTensor, slab.Source), (slab.To, slab.DestinationTensor, slab.Destination) })
            {
                var planned = plan.Programs[rank].Tensors[tensor];
                Assert.True(planned.Crosses);
                var end = box.Offset + (box.Planes - 1) * box.PlaneStride + (box.Rows - 1) * box.RowStride + box.RowLength;
                Assert.InRange(end, 1, planned.Layout.Size);
                Assert.False(planned.Layout.Shared, $"{planned.Name} is sent or received, so each block needs memory of its own");
            }
        });
    }

    [Fact]
    public void Compiling_twice_gives_the_same_hash_and_other_inputs_another()
    {
        var hash = Compile("quickstart", "", "paper", 2, 64).Sha256;
        Assert.Equal(hash, Compile("quickstart", "", "paper", 2, 64).Sha256);
        Assert.NotEqual(hash, Compile("quickstart", "", "paper", 1, 64).Sha256);
        Assert.NotEqual(hash, Compile("quickstart", "", "paper", 2, 96).Sha256);
        Assert.NotEqual(hash, Compile("quickstart", "", "data", 2, 64).Sha256);
    }

    [Theory]
    [InlineData("paper", 3, 128, "multiple of 2")]
    [InlineData("data", 2, 32, "at least 64")]
    [InlineData("paper", 0, 128, "at least 1")]
    [InlineData("paper", 2, 0, "at least 1")]
    public void What_does_not_fit_is_refused_with_what_would(string partition, int workers, int batch, string expected)
    {
        var error = Assert.Throws<PlanException>(() => Compile("alexnet-2012", "paper", partition, workers, batch));
        Assert.Contains(expected, error.Message);
    }
}

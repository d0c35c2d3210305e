using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;

namespace AlexNetParallel.Model.Tests.Partitions;

public sealed class PartitionTests
{
    private static Dictionary<string, Sharding> Resolve(string partition, string network = "alexnet-2012")
    {
        var net = NetworkFile.Load(network);
        return net.Layers.Zip(PartitionFile.Load(partition).For(net)).ToDictionary(p => p.First.Name, p => p.Second);
    }

    [Fact]
    public void ThePapersDividesChannelsAndJoinsTheSoftmax()
    {
        var shardings = Resolve("paper");

        Assert.Equal(Sharding.On(0), shardings["softmax"]);
        Assert.All(shardings.Where(s => s.Key != "softmax"), s => Assert.Equal(Sharding.Channels, s.Value));
    }

    [Theory]
    [InlineData("alexnet-2012", "fc8")]
    [InlineData("cifar10-two-tower", "fc7")]
    [InlineData("quickstart", "fc5")]
    public void TheSourcesHasTheClassifierOnWorker0(string network, string classifier)
    {
        var shardings = Resolve("source", network);

        Assert.Equal([classifier, "softmax"], shardings.Where(s => s.Value == Sharding.On(0)).Select(s => s.Key));
        Assert.All(shardings.Where(s => s.Value != Sharding.On(0)), s => Assert.Equal(Sharding.Channels, s.Value));
    }

    [Fact]
    public void SingleAndDataAreTheSameForAllLayers()
    {
        Assert.All(Resolve("single").Values, s => Assert.Equal(Sharding.On(0), s));
        Assert.All(Resolve("data").Values, s => Assert.Equal(Sharding.Batch, s));
    }

    [Fact]
    public void LayersWithoutWeightsFollowTheLayerThatTheyRead()
    {
        var hybrid = Resolve("hybrid");

        Assert.All((string[])["conv1", "rnorm1", "pool1", "conv5", "pool5"], layer => Assert.Equal(Sharding.Batch, hybrid[layer]));
        Assert.All((string[])["fc6", "dropout6", "fc8"], layer => Assert.Equal(Sharding.Channels, hybrid[layer]));
        Assert.Equal(Sharding.On(0), hybrid["softmax"]);
        var pipeline = Resolve("pipeline");
        Assert.Equal((Sharding.On(0), Sharding.On(1), Sharding.On(1)), (pipeline["pool5"], pipeline["fc6"], pipeline["softmax"]));
    }

    [Fact]
    public void ANameGoesBeforeTheClassifierAndThatBeforeAType()
    {
        var network = NetworkFile.Load("quickstart");
        var partition = PartitionFile.Parse("""
            default: replicate
            layers: {fully_connected: {on: 1}, classifier: {on: 2}, pool2: batch}
            """, "mine.yaml");

        Assert.Equal("mine", partition.Name);
        Assert.Equal(["replicate", "replicate", "replicate", "batch", "replicate", "on: 1", "on: 2", "on: 2"], partition.For(network).Select(s => s.ToString()));
        var named = PartitionFile.Parse("default: channels\nlayers: {fc5: {on: 3}, classifier: {on: 2}}", "named.yaml");
        Assert.Equal(Sharding.On(3), named.For(network)[network["fc5"].Number]);
    }

    [Theory]
    [InlineData("paper")]
    [InlineData("source")]
    [InlineData("single")]
    [InlineData("data")]
    [InlineData("hybrid")]
    [InlineData("hybrid-turns")]
    [InlineData("hybrid-slices")]
    [InlineData("pipeline")]
    public void AWrittenPartitionReadsAsAnEqualOne(string name)
    {
        var partition = PartitionFile.Load(name);

        Assert.Equal(name, partition.Name);
        Assert.Equal(partition, PartitionFile.Parse(PartitionFile.Write(partition), "again.yaml"));
        Assert.NotEqual(partition, partition with { Default = Sharding.Replicate });
        Assert.All(Enum.GetValues<MicroBatches>().Where(m => m != partition.MicroBatches), m => Assert.NotEqual(partition, partition with { MicroBatches = m }));
    }

    [Fact]
    public void ALayerThatTheNetworkDoesNotHaveIsNamed()
    {
        var partition = PartitionFile.Parse("default: channels\nlayers: {conv9: batch}", "nine.yaml");

        var exception = Assert.Throws<RecipeException>(() => partition.For(NetworkFile.Load("quickstart")));
        Assert.Equal("partition nine: found layer 'conv9', which network quickstart does not have; expected one of conv1, pool1, conv2, pool2, conv3, fc4, fc5, softmax, 'classifier', or a type of layer", exception.Message);
    }

    [Theory]
    [InlineData("layers: {conv1: batch}", "p.yaml:1: found no 'default' in partition p; expected 'default: channels, batch, replicate or {on: 0}'")]
    [InlineData("defalt: batch", "p.yaml:1: found the unknown key 'defalt' in partition p (did you mean 'default'?); expected 'default: channels, batch, replicate or {on: 0}'")]
    [InlineData("default: chanels", "p.yaml:1: found 'default: chanels' in partition p (did you mean 'channels'?); expected channels, batch, replicate or {on: 0}")]
    [InlineData("default: [batch]", "p.yaml:1: found 'default' with a list in partition p; expected channels, batch, replicate or {on: 0}")]
    [InlineData("default: batch\nlayers:\n  conv1: {on: -1}", "p.yaml:3: found 'on: -1' in conv1; expected a whole number from 0 to 1023")]
    [InlineData("default: batch\nlayers:\n  conv1: {at: 1}", "p.yaml:3: found no 'on' in conv1; expected 'on: the rank of a worker'")]
    [InlineData("default: batch\nlayers: batch", "p.yaml:2: found 'layers: batch' in partition p; expected a layer's name or type, and channels, batch, replicate or {on: 0}, on each line")]
    [InlineData("default: batch\nworkers: 2", "p.yaml:2: found the unknown key 'workers' in partition p; expected one of name, default, layers, micro_batches, wire")]
    [InlineData("default: batch\nmicro_batches: turn", "p.yaml:2: found 'micro_batches: turn' in partition p (did you mean 'turns'?); expected 'none', 'pipeline', 'turns' or 'slices'")]
    public void AWrongPartitionIsNamedWithItsLine(string text, string message) =>
        Assert.Equal(message, Assert.Throws<RecipeException>(() => PartitionFile.Parse(text, "p.yaml")).Message);
}

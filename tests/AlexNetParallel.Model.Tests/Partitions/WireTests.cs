using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Model.Tests.Partitions;

/// <summary>Half precision on the wire: how it is said, what it costs, and where it cannot be.</summary>
public sealed class WireTests
{
    private const string Layers = """
        default: channels
        wire: {conv3: half}
        layers: {softmax: {on: 0}}
        """;

    private static Plan Compile(string partition, string network = "alexnet-2012") => Plan.Compile(NetworkFile.Load(network), PartitionFile.Parse(partition, "p.yaml"), 2, 128);

    [Fact]
    public void HalfOnEveryLayerHalvesTheBytesOfEveryExchange()
    {
        var network = NetworkFile.Load("alexnet-2012", "source");
        var whole = Plan.Compile(network, PartitionFile.Load("source"), 2, 128);
        var half = Plan.Compile(network, PartitionFile.Load("source-half"), 2, 128);
        Assert.Equal(30_015_488, half.BytesPerStep);
        Assert.Equal(whole.Exchanges.Select(e => (e.Layer, e.Direction, e.Bytes / 2)), half.Exchanges.Select(e => (e.Layer, e.Direction, e.Bytes)));
        Assert.Equal(half.BytesPerStep, half.Slabs.Sum(s => s.Bytes));
        Assert.NotEqual(whole.Sha256, half.Sha256);
    }

    [Fact]
    public void OneLayerAloneIsHalved()
    {
        var (whole, half) = (Compile("default: channels\nlayers: {softmax: {on: 0}}"), Compile(Layers));
        Assert.Equal(whole.Exchanges.Select(e => e.Layer == "conv3" ? e.Bytes / 2 : e.Bytes), half.Exchanges.Select(e => e.Bytes));
    }

    [Fact]
    public void GradientsOfReplicatedParametersCrossAsTheyAre()
    {
        var plan = Compile("default: batch\nwire: half");
        Assert.Equal(487_721_792, plan.BytesPerStep);
        Assert.All(plan.Slabs, s => Assert.Equal(WireFormat.Single, s.Wire));
    }

    [Theory]
    [InlineData(Layers)]
    [InlineData("default: channels\nwire: half")]
    [InlineData("default: channels\nwire: {default: half, fully_connected: single}")]
    public void WhatIsWrittenReadsTheSame(string text)
    {
        var partition = PartitionFile.Parse(text, "p.yaml");
        var again = PartitionFile.Parse(PartitionFile.Write(partition), "p.yaml");
        Assert.Equal(partition, again);
        Assert.NotEqual(Wire.Single, again.Wire);
    }

    [Theory]
    [InlineData("wire: haf", "did you mean 'half'")]
    [InlineData("wire: {conv3: double}", "'single' or 'half'")]
    [InlineData("wire: {conv33: half}", "layer 'conv33', which network alexnet-2012 does not have")]
    public void WhatIsNoWireIsRefused(string line, string message) =>
        Assert.Contains(message, Assert.Throws<RecipeException>(() => Compile($"default: channels\n{line}")).Message);

    [Fact]
    public void CopiesThatWouldDifferAreRefused()
    {
        var failure = Assert.Throws<PlanException>(() => Compile("default: channels\nwire: half\nlayers: {fc8: replicate, softmax: {on: 0}}"));
        Assert.Contains("found wire 'half' for layer fc8; expected 'single': layer fc8 is computed by 2 workers", failure.Message);
    }
}

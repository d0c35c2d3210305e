using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Tests.Networks;

public sealed class DenseNetworkTests
{
    [Fact]
    public void At_its_own_size_it_has_one_position()
    {
        foreach (var name in (string[])["alexnet-2012", "vgg-d", "quickstart"])
        {
            var network = NetworkFile.Load(name);
            var dense = DenseNetwork.Of(network, network.Input.Height, network.Input.Width);
            Assert.Equal(network.Layers.SkipLast(1).Select(l => l.Output), dense.Layers.Select(l => l.Output));
            Assert.Equal((network.ParameterCount, network.Classes), (dense.ParameterCount, dense.Classes));
            Assert.Equal(network.Weighted.Select(l => (l.Name, l.FanIn)), dense.Weighted.Select(l => (l.Name, l.FanIn)));
        }
    }

    // vgg-d: five halvings, then a window of 7: side / 32 − 6. alexnet-2012: conv1 63 at 256, pools 31, 15, 7, then a window of 6.
    [Theory]
    [InlineData("vgg-d", 256, 2)]
    [InlineData("vgg-d", 384, 6)]
    [InlineData("vgg-d", 512, 10)]
    [InlineData("alexnet-2012", 256, 2)]
    public void Larger_images_give_a_map_of_scores(string name, int side, int positions)
    {
        var dense = DenseNetwork.Of(NetworkFile.Load(name), side, side);
        Assert.Equal(new MapSize(1000, positions, positions), dense.Layers[^1].Output);
        Assert.All(dense.Weighted, l => Assert.IsType<ConvolutionLayer>(l));
    }

    [Fact]
    public void What_cannot_be_is_told()
    {
        var network = NetworkFile.Load("quickstart");
        Assert.Contains("31×40 pixels", Assert.Throws<ArgumentException>(() => DenseNetwork.Of(network, 40, 31)).Message, StringComparison.Ordinal);
        var oblong = NetworkFile.Parse("""
            name: oblong
            input: {channels: 3, height: 8, width: 10}
            layers:
              - {name: fc1, type: fully_connected, units: 4}
              - {name: softmax, type: softmax}
            """, "oblong.yaml");
        Assert.Contains("fc1 reads maps of 10×8", Assert.Throws<ArgumentException>(() => DenseNetwork.Of(oblong, 8, 10)).Message, StringComparison.Ordinal);
    }
}

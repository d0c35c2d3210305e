using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Tests.Networks;

/// <summary>The configurations of Simonyan and Zisserman (ICLR 2015): table 1 has the layers, table 2 the millions of parameters.</summary>
public sealed class VggTests
{
    [Theory]
    [InlineData("vgg-a", 11, 132_863_336, 133)]
    [InlineData("vgg-a-lrn", 11, 132_863_336, 133)]
    [InlineData("vgg-b", 13, 133_047_848, 133)]
    [InlineData("vgg-c", 16, 133_638_952, 134)]
    [InlineData("vgg-d", 16, 138_357_544, 138)]
    [InlineData("vgg-e", 19, 143_667_240, 144)]
    public void ParametersAreThoseOfThePaper(string name, int weighted, long parameters, int millions)
    {
        var network = NetworkFile.Load(name);

        Assert.Equal(name, network.Name);
        Assert.Equal(weighted, network.Weighted.Count());
        Assert.Equal(parameters, network.ParameterCount);
        Assert.Equal(millions, Math.Round(parameters / 1e6));
        Assert.Equal(["112×112", "56×56", "28×28", "14×14", "7×7"], network.Layers.OfType<PoolingLayer>().Select(p => $"{p.Output.Height}×{p.Output.Width}"));
        Assert.Equal([4096, 4096, 1000], network.Layers.OfType<FullyConnectedLayer>().Select(f => f.Output.Channels));
        Assert.All(network.Weighted.SkipLast(1), l => Assert.Equal(Neuron.Relu, l.Neuron));
        Assert.Equal(name == "vgg-a-lrn" ? 1 : 0, network.Layers.OfType<NormalizationLayer>().Count());
    }

    [Fact]
    public void OnlyConfigurationCHas1x1Kernels()
    {
        Assert.Equal(["conv3_3", "conv4_3", "conv5_3"], OneByOne("vgg-c"));
        Assert.All((string[])["vgg-a", "vgg-a-lrn", "vgg-b", "vgg-d", "vgg-e"], name => Assert.Empty(OneByOne(name)));

        static IEnumerable<string> OneByOne(string name) => NetworkFile.Load(name).Layers.OfType<ConvolutionLayer>().Where(c => c.KernelSize == 1).Select(c => c.Name);
    }
}

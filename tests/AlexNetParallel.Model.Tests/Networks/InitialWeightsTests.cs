using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Tests.Networks;

public sealed class InitialWeightsTests
{
    private static WeightedLayer Layer(string name) => (WeightedLayer)NetworkFile.Load("alexnet-2012", "source")[name];

    [Theory]
    [InlineData("conv1", 0.01)]
    [InlineData("conv2", 0.01)]
    [InlineData("conv3", 0.03)]
    public void AreNormalWithTheLayersDeviation(string name, double deviation)
    {
        var layer = Layer(name);
        var weights = InitialWeights.Of(layer, 7);

        // Means of n numbers deviate by σ/√n, variances by σ²·√(2/n), fourth moments by σ⁴·√(96/n): five times that is never met by chance.
        var n = (double)weights.Length;
        var mean = weights.Average(w => (double)w);
        var variance = weights.Average(w => (double)w * w);
        var fourth = weights.Average(w => Math.Pow(w, 4));
        Assert.Equal(layer.WeightCount, weights.Length);
        Assert.Equal(0, mean, 5 * deviation / Math.Sqrt(n));
        Assert.Equal(deviation * deviation, variance, 5 * deviation * deviation * Math.Sqrt(2 / n));
        Assert.Equal(3 * Math.Pow(deviation, 4), fourth, 5 * Math.Pow(deviation, 4) * Math.Sqrt(96 / n));
        Assert.Equal(0.6827, weights.Count(w => Math.Abs(w) < deviation) / n, 5 * 0.47 / Math.Sqrt(n));
    }

    [Theory]
    [InlineData(0, 96)]
    [InlineData(0, 48)]
    [InlineData(48, 48)]
    [InlineData(31, 2)]
    [InlineData(95, 1)]
    [InlineData(5, 0)]
    public void AWorkersColumnsAreThoseOfTheWhole(int first, int count)
    {
        var layer = Layer("conv1");
        var whole = InitialWeights.Of(layer, 3);
        var part = new float[layer.FanIn * count];

        InitialWeights.Fill(part, layer, new ChannelRange(first, count), 3);

        for (var row = 0; row < layer.FanIn; row++)
        {
            Assert.True(whole.AsSpan(row * 96 + first, count).SequenceEqual(part.AsSpan(row * count, count)));
        }
    }

    [Fact]
    public void DifferBySeedAndLayer()
    {
        // Layers 9 and 10 of the same size: conv4 reads its tower, as conv5 does.
        var (conv4, conv5) = (Layer("conv4"), Layer("conv5"));
        var some = InitialWeights.Of(conv5, 1);

        Assert.Equal(some, InitialWeights.Of(conv5, 1));
        Assert.NotEqual(some, InitialWeights.Of(conv5, 2));
        Assert.NotEqual(some[..256], InitialWeights.Of(conv4, 1)[..256]);
        Assert.Equal(some.Length, some.Where(w => w != 0).Count());
    }

    /// <summary>
    /// The same bits on every machine: the hash was computed by another program (Python: Philox in plain integers, NormalDist().inv_cdf of its statistics
    /// module). A change here changes every run's start.
    /// </summary>
    [Fact]
    public void FirstWeightsOfSeedOneStayAsTheyAre()
    {
        var weights = InitialWeights.Of(Layer("conv1"), 1);

        Assert.Equal([-0.014595744f, -0.011888188f, -0.0057316427f, -0.017514363f], weights.Take(4));
        Assert.Equal("bf92e9beff91fc4592c97aed635f55383862275d3690efc47783f3c847e93852", Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(weights.AsSpan()))));
    }

    [Fact]
    public void WithoutADeviationTheyScaleWithTheFanIn()
    {
        var layer = (WeightedLayer)NetworkFile.Load("cifar10-two-tower")["conv2"];

        Assert.Null(layer.InitialDeviation);
        Assert.Equal(24 * 25, layer.FanIn);
        Assert.Equal(Math.Sqrt(2.0 / 600), InitialWeights.Deviation(layer), 1e-15);
    }

    [Fact]
    public void RefuseColumnsThatTheLayerDoesNotHave()
    {
        var layer = Layer("conv1");

        Assert.Throws<ArgumentException>(() => InitialWeights.Fill(new float[layer.FanIn], layer, new ChannelRange(96, 1), 1));
        Assert.Throws<ArgumentException>(() => InitialWeights.Fill(new float[5], layer, new ChannelRange(0, 1), 1));
    }
}

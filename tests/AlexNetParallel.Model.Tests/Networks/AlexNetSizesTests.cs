using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Model.Tests.Networks;

/// <summary>The sizes of the 2012 net: equalities, for both dialects.</summary>
public sealed class AlexNetSizesTests
{
    public static TheoryData<string> Dialects => ["paper", "source"];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void ParametersAndMultiplyAddsAreThoseOfThePaper(string dialect)
    {
        var network = NetworkFile.Load("alexnet-2012", dialect);

        (string, long, long)[] expected =
        [
            ("conv1", 34_944, 105_415_200),
            ("conv2", 307_456, 223_948_800),
            ("conv3", 885_120, 149_520_384),
            ("conv4", 663_936, 112_140_288),
            ("conv5", 442_624, 74_760_192),
            ("fc6", 37_752_832, 37_748_736),
            ("fc7", 16_781_312, 16_777_216),
            ("fc8", 4_097_000, 4_096_000),
        ];
        Assert.Equal(expected, network.Weighted.Select(l => (l.Name, l.ParameterCount, l.MultiplyAdds)));
        Assert.Equal(60_965_224, network.ParameterCount);
        Assert.Equal(724_406_816, network.MultiplyAdds);
        Assert.Equal(2 * (3 * 724_406_816L - 105_415_200), network.TrainingOperations);
        Assert.Equal(1000, network.Classes);
        Assert.Equal(2, network.Towers);
        Assert.Equal(dialect, network.Dialect);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void UnitsOfTheLayersWithWeightsAre659272(string dialect)
    {
        var units = NetworkFile.Load("alexnet-2012", dialect).Weighted.Select(l => l.Output.Units).ToArray();

        Assert.Equal([290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000], units);
        Assert.Equal(659_272, units.Sum());
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void MapsShrinkFrom224To55And27And13And6(string dialect)
    {
        var network = NetworkFile.Load("alexnet-2012", dialect);

        Assert.Equal(new MapSize(3, 224, 224), network.Input);
        Assert.Equal(new MapSize(96, 55, 55), network["conv1"].Output);
        Assert.Equal(new MapSize(96, 27, 27), network["pool1"].Output);
        Assert.Equal(new MapSize(256, 27, 27), network["conv2"].Output);
        Assert.Equal(new MapSize(256, 13, 13), network["pool2"].Output);
        Assert.Equal(new MapSize(384, 13, 13), network["conv3"].Output);
        Assert.Equal(new MapSize(384, 13, 13), network["conv4"].Output);
        Assert.Equal(new MapSize(256, 13, 13), network["conv5"].Output);
        Assert.Equal(new MapSize(256, 6, 6), network["pool5"].Output);
        Assert.Equal(new MapSize(4096, 1, 1), network["fc6"].Output);
        Assert.Equal(new MapSize(4096, 1, 1), network["fc7"].Output);
        Assert.Equal(new MapSize(1000, 1, 1), network["fc8"].Output);
        Assert.Equal(new MapSize(1000, 1, 1), network["softmax"].Output);
    }

    [Fact]
    public void TheHalfNetHasOneColumnOf59798312Parameters()
    {
        var network = NetworkFile.Load("alexnet-2012-half");

        Assert.Equal([48, 128, 192, 192, 256, 4096, 4096, 1000], network.Weighted.Select(l => l.Output.Channels));
        Assert.Equal([17_472L, 153_728, 221_376, 331_968, 442_624, 37_752_832, 16_781_312, 4_097_000], network.Weighted.Select(l => l.ParameterCount));
        Assert.Equal(59_798_312, network.ParameterCount);
        Assert.Equal(1, network.Towers);
        Assert.Equal("source", network.Dialect);
        Assert.All(network.Layers, l => Assert.Equal((1, 1), (l.Towers, l.InputTowers)));
    }

    [Theory]
    // The pools of the 2012 nets, where rounding does not matter.
    [InlineData(55, 3, 2, 0, Rounding.Up, 27)]
    [InlineData(55, 3, 2, 0, Rounding.Down, 27)]
    [InlineData(13, 3, 2, 0, Rounding.Up, 6)]
    // conv1 of net 145 on 224: the last window overhangs by 3 pixels. Rounded down 54.
    [InlineData(224, 11, 4, 0, Rounding.Up, 55)]
    [InlineData(224, 11, 4, 0, Rounding.Down, 54)]
    [InlineData(227, 11, 4, 0, Rounding.Up, 55)]
    // Even inputs, as the CIFAR nets have them.
    [InlineData(32, 3, 2, 0, Rounding.Up, 16)]
    [InlineData(32, 3, 2, 0, Rounding.Down, 15)]
    [InlineData(28, 5, 1, 2, Rounding.Up, 28)]
    // A window that would begin past the image is left out.
    [InlineData(4, 1, 2, 0, Rounding.Up, 2)]
    [InlineData(5, 1, 3, 0, Rounding.Up, 2)]
    [InlineData(7, 7, 5, 0, Rounding.Up, 1)]
    public void NumberOfWindowsFollowsThe2012Rule(int input, int size, int stride, int pad, Rounding rounding, int expected) =>
        Assert.Equal(expected, OutputSize.Of(input, size, stride, pad, rounding));
}

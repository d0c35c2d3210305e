using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Tests.Networks;

public sealed class NetworkFileTests
{
    public static TheoryData<string, string?> AllNetworks()
    {
        var data = new TheoryData<string, string?>();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(RecipeFolder.Root!, "networks"), "*.yaml"))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            foreach (var dialect in (string?[])(name == "alexnet-2012" ? ["paper", "source"] : [null])) data.Add(name, dialect);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(AllNetworks))]
    public void AWrittenNetworkReadsAsAnEqualOne(string name, string? dialect)
    {
        var network = NetworkFile.Load(name, dialect);

        var text = NetworkFile.Write(network);
        var again = NetworkFile.Parse(text, "again.yaml");

        Assert.Equal(name, network.Name);
        Assert.Equal(network, again);
        Assert.Equal(network.GetHashCode(), again.GetHashCode());
        Assert.Equal(text, NetworkFile.Write(again));
    }

    [Fact]
    public void TheDialectsDifferAndTheFirstIsTheSource()
    {
        Assert.NotEqual(NetworkFile.Load("alexnet-2012", "paper"), NetworkFile.Load("alexnet-2012", "source"));
        Assert.Equal(NetworkFile.Load("alexnet-2012"), NetworkFile.Load("alexnet-2012", "source"));
        Assert.Equal(NetworkFile.Load("alexnet-2012-half"), NetworkFile.Load("alexnet-2012-half", "source"));
    }

    [Fact]
    public void ANetworkIsFoundByPathToo() =>
        Assert.Equal(NetworkFile.Load("quickstart"), NetworkFile.Load(Path.Combine(RecipeFolder.Root!, "networks", "quickstart.yaml")));

    [Fact]
    public void TowersMeetWhereThe2012NetsMeet()
    {
        var network = NetworkFile.Load("alexnet-2012", "source");

        foreach (var layer in network.Layers)
        {
            IReadOnlyList<IReadOnlyList<int>> expected = layer.Name switch
            {
                "conv1" => [[0], [0]],
                "conv3" or "fc6" or "fc7" => [[0, 1], [0, 1]],
                "fc8" => [[0, 1]],
                "softmax" => [[0]],
                _ => [[0], [1]],
            };
            Assert.Equal(expected, layer.Reads);
        }
        Assert.Equal([3, 48, 256, 192, 192, 9216 / 36, 4096, 4096], network.Weighted.Select(l => l.InputChannels(0).Channels));
    }

    [Fact]
    public void FourTowersReadInPairs()
    {
        var network = NetworkFile.Load("quickstart-four-pairs");

        Assert.Equal([[0, 1], [0, 1], [2, 3], [2, 3]], network["conv3"].Reads);
        Assert.Equal("channels [16,32)", network["conv3"].InputChannels(3).ToString());
        Assert.Equal(16 * 9, ((WeightedLayer)network["conv3"]).FanIn);
        Assert.Equal([[0, 1, 2, 3]], network["fc5"].Reads);
        Assert.Equal(4, network["fc4"].Towers);
    }

    [Fact]
    public void FourTowersReadThreeOfFour()
    {
        var network = NetworkFile.Load("quickstart-four-three");

        Assert.Equal([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]], network["conv3"].Reads);
        Assert.Equal("channels [0,8)+[16,32)", network["conv3"].InputChannels(2).ToString());
        Assert.Equal(network["conv3"].Reads, network["fc4"].Reads);
    }

    [Fact]
    public void TheCifarNetHas26MillionMultiplyAdds()
    {
        var network = NetworkFile.Load("cifar10-two-tower");

        Assert.Equal(26_076_928, network.MultiplyAdds);
        Assert.Equal(["48×14×14", "96×7×7", "96×3×3"], network.Layers.OfType<PoolingLayer>().Select(l => l.Output.ToString()));
        Assert.Equal(10, network.Classes);
    }

    [Theory]
    [InlineData(null, Neuron.Relu)]
    [InlineData(Neuron.Relu, Neuron.Relu)]
    [InlineData(Neuron.Tanh, Neuron.Tanh)]
    public void TheNetOfFigure1HasFourLayersAndTheChosenNeuron(Neuron? chosen, Neuron expected)
    {
        var network = NetworkFile.Load("cifar10-figure1", neuron: chosen);

        Assert.Equal([expected, expected, expected, Neuron.None], network.Weighted.Select(l => l.Neuron));
    }

    [Fact]
    public void RoundingDownIsKept()
    {
        const string text = """
            input: {channels: 3, height: 32, width: 33}
            layers:
              - {name: pool1, type: max_pooling, size: 3, stride: 2, round: down}
              - {name: conv1, type: convolution, channels: 4, size: 4, stride: 3, pad: 1, round: down, neuron: relu}
              - {name: tanh1, type: neuron, neuron: tanh}
              - {name: fc2, type: fully_connected, units: 3, initial_deviation: 0.25, initial_bias: -0.5}
              - {name: softmax, type: softmax}
            """;
        var network = NetworkFile.Parse(text, "small.yaml");

        Assert.Equal("small", network.Name);
        Assert.Equal(["3×15×16", "4×5×5", "4×5×5", "3×1×1", "3×1×1"], network.Layers.Select(l => l.Output.ToString()));
        Assert.Equal(network, NetworkFile.Parse(NetworkFile.Write(network), "small.yaml"));
        Assert.Equal(["3×16×16", "4×6×6"], NetworkFile.Parse(text.Replace("round: down", "round: up"), "small.yaml").Layers.Take(2).Select(l => l.Output.ToString()));
    }
}

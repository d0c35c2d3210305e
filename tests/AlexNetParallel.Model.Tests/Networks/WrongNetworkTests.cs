using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Tests.Networks;

/// <summary>Every wrong file gets one message: file, line, what was found, what was expected.</summary>
public sealed class WrongNetworkTests
{
    /// <summary>Right as it stands; each case replaces a part of it.</summary>
    private const string Right = """
        name: small
        input: {channels: 3, height: 16, width: 16}
        towers: 2
        layers:
          - name: conv1
            type: convolution
            reads: all
            channels: 8
            size: 5
            stride: 1
            pad: 2
            neuron: relu
          - {name: norm1, type: response_normalization, kind: across_maps, size: 5, k: 2, alpha: 0.0001, divide_alpha_by_size: true}
          - {name: pool1, type: max_pooling, size: 3, stride: 2, neuron: relu}
          - {name: conv2, type: convolution, reads: tower, channels: 8, size: 3, pad: 1}
          - {name: drop, type: dropout, keep: 0.5}
          - {name: fc3, type: fully_connected, reads: [[0, 1], [0, 1]], units: 10}
          - {name: softmax, type: softmax}
        """;

    [Fact]
    public void TheTextBelowIsRightAsItStands() => Assert.Equal(7, NetworkFile.Parse(Right, "small.yaml").Layers.Count);

    [Theory]
    // Keys.
    [InlineData("stride: 1", "strid: 1", 10, "the unknown key 'strid' in layer conv1 (did you mean 'stride'?)", "one of name, type, towers, channels, size, stride, pad, round, reads, initial_deviation, initial_bias, neuron")]
    [InlineData("size: 5\n", "sise: 5\n", 9, "the unknown key 'sise' in layer conv1 (did you mean 'size'?)", "'size: the side of the kernels in pixels'")]
    [InlineData("    size: 5\n", "", 5, "no 'size' in layer conv1", "'size: the side of the kernels in pixels'")]
    [InlineData("towers: 2", "tower: 2", 3, "the unknown key 'tower' in network small (did you mean 'towers'?)", "one of name, dialect, dialects, input, towers, layers")]
    [InlineData("input: {channels: 3, height: 16, width: 16}", "input: {channels: 3, height: 16}", 2, "no 'width' in the input", "'width: pixels'")]
    [InlineData("input: {channels: 3, height: 16, width: 16}", "input: 16", 2, "'input: 16' in network small", "{channels: 3, height: 32, width: 32}")]
    [InlineData("layers:\n", "layers: none\nnames:\n", 4, "'layers: none' in network small", "a list of layers")]
    [InlineData("name: fc3, ", "", 17, "no 'name' in layer 6", "'name: a name such as conv1'")]
    [InlineData("name: drop", "name: pool1", 16, "a second layer named 'pool1' in layer pool1", "a name of its own for each layer")]
    [InlineData("name: drop", "name: classifier", 16, "the name 'classifier', which partitions use for layers of a kind, in layer classifier", "another name")]
    // Types and words.
    [InlineData("type: max_pooling", "type: max_poling", 14, "'type: max_poling' in layer pool1 (did you mean 'max_pooling'?)", "'convolution', 'fully_connected', 'max_pooling', 'response_normalization', 'dropout', 'neuron' or 'softmax'")]
    [InlineData("type: dropout, ", "", 16, "no 'type' in layer drop", "'type: a type of layer'")]
    [InlineData("kind: across_maps", "kind: acros_maps", 13, "'kind: acros_maps' in layer norm1 (did you mean 'across_maps'?)", "'across_maps' or 'same_map'")]
    [InlineData("neuron: relu\n", "neuron: rely\n", 12, "'neuron: rely' in layer conv1 (did you mean 'relu'?)", "'none', 'relu' or 'tanh'")]
    [InlineData("stride: 2, neuron: relu", "stride: 2, neuron: tanh", 14, "'neuron: tanh' in layer pool1", "'none' or 'relu'")]
    [InlineData("divide_alpha_by_size: true", "divide_alpha_by_size: yes", 13, "'divide_alpha_by_size: yes' in layer norm1", "true or false")]
    [InlineData(", divide_alpha_by_size: true", "", 13, "no 'divide_alpha_by_size' in layer norm1", "'divide_alpha_by_size: true (alpha / 5 multiplies the sum of squares) or false (alpha itself does)'")]
    // Numbers.
    [InlineData("channels: 8\n", "channels: eight\n", 8, "'channels: eight' in layer conv1", "a whole number from 1 to 1048576")]
    [InlineData("channels: 8\n", "channels: 8.5\n", 8, "'channels: 8.5' in layer conv1", "a whole number from 1 to 1048576")]
    [InlineData("channels: 8\n", "channels: 0\n", 8, "'channels: 0' in layer conv1", "a whole number from 1 to 1048576")]
    [InlineData("channels: 8\n", "channels: 99999999999999999999\n", 8, "'channels: 99999999999999999999' in layer conv1", "a whole number from 1 to 1048576")]
    [InlineData("channels: 8\n", "channels: [8]\n", 8, "'channels' with a list in layer conv1", "a whole number from 1 to 1048576")]
    [InlineData("channels: 8\n", "channels:\n", 8, "no 'channels' in layer conv1", "'channels: the number of kernels, all towers'")]
    [InlineData("stride: 1\n", "stride: 0\n", 10, "'stride: 0' in layer conv1", "a whole number from 1 to 16384")]
    [InlineData("keep: 0.5", "keep: 1.5", 16, "'keep: 1.5' in layer drop", "a number from 0.001 to 1")]
    [InlineData("keep: 0.5", "keep: nan", 16, "'keep: nan' in layer drop", "a number from 0.001 to 1")]
    [InlineData("size: 5, k: 2", "size: 4, k: 2", 13, "'size: 4' in layer norm1", "an odd number, half of which lies on either side")]
    [InlineData("size: 5, k: 2", "size: 5, k: 0", 13, "'k: 0' in layer norm1", "a number above 0")]
    [InlineData("pad: 2", "pad: 2\n    initial_deviation: small", 12, "'initial_deviation: small' in layer conv1", "a number of at least 0, or 'fan_in' for √(2 / weights of a unit)")]
    // Sizes.
    [InlineData("size: 5\n", "size: 21\n", 9, "a size of 21 in layer conv1", "at most the input's 16×16 with its pad of 2")]
    [InlineData("size: 3, stride: 2", "size: 17, stride: 2", 14, "a size of 17 in layer pool1", "at most the input's 16×16")]
    [InlineData("pad: 2", "pad: 5", 11, "a pad of 5 in layer conv1", "less than the kernel's size, 5")]
    [InlineData("channels: 8\n", "channels: 1048576\n", 5, "an output of 1048576×16×16 units in layer conv1", "at most 134217728 units")]
    [InlineData("fully_connected, reads: [[0, 1], [0, 1]], units: 10", "convolution, reads: all, channels: 10, size: 1", 18, "an input of 10×8×8 in layer softmax", "a fully connected layer before the softmax")]
    [InlineData("  - {name: softmax, type: softmax}", "", 5, "'layers' with a list in network small", "a softmax as the last layer")]
    [InlineData("  - {name: softmax, type: softmax}", "  - {name: softmax, type: softmax}\n  - {name: more, type: dropout}", 19, "a layer after the softmax in layer more", "the softmax as the last layer")]
    // Towers.
    [InlineData("channels: 8\n", "channels: 7\n", 8, "'channels: 7' in layer conv1", "a number that 2 towers divide evenly")]
    [InlineData("units: 10", "units: 9", 17, "'units: 9' in layer fc3", "a number that 2 towers divide evenly")]
    [InlineData("towers: 2", "towers: 65", 3, "'towers: 65' in network small", "a whole number from 1 to 64")]
    [InlineData("units: 10", "units: 10, towers: 3", 17, "'towers: 3' in layer fc3", "1 or the network's 2")]
    [InlineData("reads: tower, ", "", 15, "no 'reads' in layer conv2", "'reads: tower, all, or one list of towers for each tower, such as [[0, 1], [0, 1], [2, 3], [2, 3]]'")]
    [InlineData("reads: tower", "reads: towr", 15, "'reads: towr' in layer conv2 (did you mean 'tower'?)", "tower, all, or one list of towers for each tower, such as [[0, 1], [0, 1], [2, 3], [2, 3]]")]
    [InlineData("reads: all", "reads: tower", 7, "'reads: tower' in layer conv1", "all: the image is not divided into towers")]
    [InlineData("reads: [[0, 1], [0, 1]], units: 10}", "reads: all, units: 10, towers: 1}\n  - {name: fc4, type: fully_connected, reads: tower, units: 10}", 18, "'reads: tower' in layer fc4", "all or lists: the layer has 2 towers, its input 1 tower")]
    [InlineData("[[0, 1], [0, 1]]", "[[0, 1], [0, 2]]", 17, "'reads: 2' in layer fc3", "a tower of the input, which has 2 towers, numbered from 0")]
    [InlineData("[[0, 1], [0, 1]]", "[[0, 1]]", 17, "'reads' with a list in layer fc3", "2 lists, one for each tower of the layer, not 1")]
    [InlineData("[[0, 1], [0, 1]]", "[[0, 1], [1, 0]]", 17, "'reads' with a list in layer fc3", "in each list of towers at least one, each once, ascending")]
    [InlineData("[[0, 1], [0, 1]]", "[[0, 1], [1]]", 17, "'reads' with a list in layer fc3", "lists of the same length, so that all towers have kernels of one size")]
    [InlineData("[[0, 1], [0, 1]]", "[0, 1]", 17, "'reads: 0' in layer fc3", "tower, all, or one list of towers for each tower, such as [[0, 1], [0, 1], [2, 3], [2, 3]]")]
    // Dialects.
    [InlineData("towers: 2", "dialects: {paper: {towers: 2}, paper2: 3}", 3, "'paper2: 3' in the dialects of network small", "keys with values")]
    public void AWrongNetworkIsNamedWithItsLine(string part, string replacement, int line, string found, string expected)
    {
        var text = Right.ReplaceLineEndings("\n");
        Assert.Contains(part, text);
        text = text.Replace(part, replacement);

        var dialect = replacement.Contains("paper2") ? "paper2" : null;
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Parse(text, "nets/small.yaml", dialect));

        Assert.Equal((line, found, expected), (exception.Line, exception.Found, exception.Expected));
        Assert.Equal("nets/small.yaml", exception.File);
        Assert.Equal($"nets/small.yaml:{line}: found {found}; expected {expected}", exception.Message);
    }

    [Theory]
    [InlineData("units: 1000000", "name: fc4, type: fully_connected, reads: all, units: 10000", "1000000 weights for each of 10000 outputs in layer fc4")]
    [InlineData("units: 1000000", "name: conv4, type: convolution, reads: all, channels: 2, size: 16384, stride: 16384, pad: 16383", "268435456000000 weights for each of 2 outputs in layer conv4")]
    public void TooManyWeightsAreRefused(string units, string layer, string found)
    {
        var text = Right.Replace("units: 10}", $"{units}}}\n  - {{{layer}}}");

        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Parse(text, "small.yaml"));
        Assert.Equal((18, found, "at most 2147483647 weights in a layer"), (exception.Line, exception.Found, exception.Expected));
    }

    [Theory]
    [InlineData("", 1, "nothing")]
    [InlineData("# only a comment\n", 1, "nothing")]
    [InlineData("just words", 1, "'just words'")]
    [InlineData("- a\n- b\n", 1, "a list")]
    [InlineData("a: 1\n---\nb: 2\n", 3, "a second document")]
    [InlineData("a: &x 1\nb: *x\n", 2, "the alias '*x'")]
    [InlineData("? [a, b]\n: 1\n", 1, "a key of network that is not a word")]
    public void ATextThatIsNotOneMappingIsRefused(string text, int line, string found)
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Parse(text, "x.yaml"));

        Assert.Equal((line, found), (exception.Line, exception.Found));
        Assert.StartsWith($"x.yaml:{line}: found ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name: x\n  towers: 2\n", 2)]
    [InlineData("name: [x\ntowers: 2\n", 1)]
    [InlineData("name: x\nname: y\n", 2)]
    [InlineData("name: \"x\ntowers: 2", 1)]
    [InlineData("a: 1\n\tb: 2\n", 1)]
    [InlineData("a: @x", 1)]
    public void ATextThatIsNotYamlIsRefusedWithTheLine(string text, int line)
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Parse(text, "x.yaml"));

        Assert.Equal(line, exception.Line);
        Assert.StartsWith($"x.yaml:{line}: found text that is not YAML (", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void AHundredThousandBracketsDoNotEndTheProcess()
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Parse("a: " + new string('[', 100_000), "deep.yaml"));

        Assert.Contains("more than 32 levels of nesting", exception.Message);
    }

    [Fact]
    public void AFileOfMegabytesIsRefused()
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Parse(new string('#', 2_000_000), "long.yaml"));

        Assert.Equal("long.yaml: found 2000000 characters; expected a network of at most 1048576", exception.Message);
    }

    [Fact]
    public void AnUnknownNameListsTheKnownOnes()
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Load("quikstart"));

        Assert.StartsWith("network 'quikstart': found no network of that name (did you mean 'quickstart'?); expected the path of a network, or one of alexnet-116, ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Load("no/such.yaml"));

        Assert.Equal("no/such.yaml: found no such file; expected the path of a network", exception.Message);
    }

    [Fact]
    public void AnUnknownDialectListsTheKnownOnes()
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Load("alexnet-2012", "papers"));

        Assert.Equal("no dialect 'papers' (did you mean 'paper'?) in network alexnet-2012", exception.Found);
        Assert.Equal("'source' or 'paper'", exception.Expected);
        Assert.Equal("no dialects, while 'paper' is wanted, in network quickstart", Assert.Throws<RecipeException>(() => NetworkFile.Load("quickstart", "paper")).Found);
        Assert.Equal("the dialect 'source', not the wanted 'paper', in network alexnet-2012-half", Assert.Throws<RecipeException>(() => NetworkFile.Load("alexnet-2012-half", "paper")).Found);
    }

    [Fact]
    public void AChosenNeuronThatALayerCannotHaveIsNamed()
    {
        var exception = Assert.Throws<RecipeException>(() => NetworkFile.Load("alexnet-2012", "source", Neuron.Tanh));

        Assert.Equal("the chosen neuron 'tanh' where a relu stands in layer pool1", exception.Found);
        Assert.Equal("'none' or 'relu'", exception.Expected);
    }
}

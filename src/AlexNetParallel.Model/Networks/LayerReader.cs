using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Networks;

/// <summary>Reads one layer after another of a network's file; knows what the layer before gives.</summary>
/// <param name="input">Size of the image.</param>
/// <param name="networkTowers">Towers of the network.</param>
/// <param name="chosenNeuron">Stands for every neuron of the file that is not none; null leaves them as they are.</param>
internal sealed class LayerReader(MapSize input, int networkTowers, Neuron? chosenNeuron)
{
    /// <summary>Units of one image (half a gigabyte), and weights of a layer: more than one machine has use for, and few enough to be counted in 31 bits.</summary>
    private const long MostUnits = 1 << 27, MostWeights = int.MaxValue;

    private const int MostChannels = 1 << 20, MostPixels = 1 << 14;

    private readonly HashSet<string> names = [];
    private MapSize input = input;
    private int inputTowers = 1;
    private int number;
    private bool ended;

    /// <summary>The next layer.</summary>
    /// <exception cref="RecipeException">It is wrong, or does not fit the one before.</exception>
    public Layer Read(Section section)
    {
        var name = section.Required("name", "a name such as conv1").AsText();
        section.Subject = $"layer {name}";
        if (!names.Add(name)) throw section.Wrong("name", $"a second layer named '{name}'", "a name of its own for each layer");
        if (name == Partitions.Partition.Classifier || LayerTypes.All.Any(t => t == name && t != LayerTypes.Softmax))
        {
            throw section.Wrong("name", $"the name '{name}', which partitions use for layers of a kind,", "another name");
        }
        if (ended) throw section.Wrong(null, "a layer after the softmax", "the softmax as the last layer");
        var typeEntry = section.Required("type", "a type of layer");
        var type = typeEntry.AsText("a type of layer");
        Layer layer = type switch
        {
            LayerTypes.Convolution => Convolution(section, name),
            LayerTypes.FullyConnected => FullyConnected(section, name),
            LayerTypes.MaxPooling => Pooling(section, name),
            LayerTypes.ResponseNormalization => Normalization(section, name),
            LayerTypes.Dropout => Dropout(section, name),
            LayerTypes.Neuron => NeuronAlone(section, name),
            LayerTypes.Softmax => Softmax(section, name),
            _ => throw typeEntry.Wrong(Words.Choice(LayerTypes.All), Words.DidYouMean(type, LayerTypes.All)),
        };
        section.RejectUnknown();
        CheckMemory(section, layer);
        (input, inputTowers) = (layer.Output, layer.Towers);
        number++;
        return layer;
    }

    private ConvolutionLayer Convolution(Section section, string name)
    {
        var towers = TowerReader.Towers(section, networkTowers);
        var channels = Channels(section, "channels", "the number of kernels, all towers", towers);
        var size = (int)section.Required("size", "the side of the kernels in pixels").AsWhole(1, MostPixels);
        var stride = section.Whole("stride", 1, 1, MostPixels);
        var pad = section.Whole("pad", 0, 0, MostPixels);
        if (pad >= size) throw section.Wrong("pad", $"a pad of {pad}", $"less than the kernel's size, {size}");
        CheckFits(section, size, pad);
        return new ConvolutionLayer
        {
            Number = number,
            Name = name,
            Input = input,
            Output = Windows(section, channels, size, stride, pad),
            Towers = towers,
            InputTowers = inputTowers,
            Reads = TowerReader.Reads(section, towers, inputTowers, number == 0),
            KernelSize = size,
            Stride = stride,
            Pad = pad,
            InitialDeviation = Deviation(section),
            InitialBias = (float)section.Number("initial_bias", 0, -1e6, 1e6),
            Neuron = ReadNeuron(section, section.Find("neuron"), Neuron.None, Neuron.Relu, Neuron.Tanh),
        };
    }

    private FullyConnectedLayer FullyConnected(Section section, string name)
    {
        var towers = TowerReader.Towers(section, networkTowers);
        var units = Channels(section, "units", "the number of units, all towers", towers);
        return new FullyConnectedLayer
        {
            Number = number,
            Name = name,
            Input = input,
            Output = new MapSize(units, 1, 1),
            Towers = towers,
            InputTowers = inputTowers,
            Reads = TowerReader.Reads(section, towers, inputTowers, number == 0),
            InitialDeviation = Deviation(section),
            InitialBias = (float)section.Number("initial_bias", 0, -1e6, 1e6),
            Neuron = ReadNeuron(section, section.Find("neuron"), Neuron.None, Neuron.Relu, Neuron.Tanh),
        };
    }

    private PoolingLayer Pooling(Section section, string name)
    {
        var size = (int)section.Required("size", "the side of the window in pixels").AsWhole(1, MostPixels);
        var stride = (int)section.Required("stride", "pixels from a window to the next").AsWhole(1, MostPixels);
        CheckFits(section, size, 0);
        return new PoolingLayer
        {
            Number = number,
            Name = name,
            Input = input,
            Output = Windows(section, input.Channels, size, stride, 0),
            Towers = inputTowers,
            InputTowers = inputTowers,
            Reads = TowerReader.Own(inputTowers),
            Size = size,
            Stride = stride,
            Neuron = ReadNeuron(section, section.Find("neuron"), Neuron.None, Neuron.Relu),
        };
    }

    private NormalizationLayer Normalization(Section section, string name)
    {
        var kind = section.Required("kind", string.Join(" or ", Words.All<NormalizationKind>())).AsWord<NormalizationKind>();
        var sizeEntry = section.Required("size", "the number of maps, or the side of the window");
        var size = (int)sizeEntry.AsWhole(1, MostPixels);
        if (size % 2 == 0) throw sizeEntry.Wrong("an odd number, half of which lies on either side");
        var alpha = section.Required("alpha", "a number").AsNumber(0, 1e6);
        var terms = kind == NormalizationKind.AcrossMaps ? size : (double)size * size;
        var divide = section.Required("divide_alpha_by_size", $"true (alpha / {terms} multiplies the sum of squares) or false (alpha itself does)").AsFlag();
        return new NormalizationLayer
        {
            Number = number,
            Name = name,
            Input = input,
            Output = input,
            Towers = inputTowers,
            InputTowers = inputTowers,
            Reads = TowerReader.Own(inputTowers),
            Kind = kind,
            Size = size,
            K = (float)section.Required("k", "a number above 0").AsPositive(),
            Alpha = (float)(divide ? alpha / terms : alpha),
            Beta = (float)section.Number("beta", 0.75, 0, 100),
        };
    }

    private DropoutLayer Dropout(Section section, string name) => new()
    {
        Number = number,
        Name = name,
        Input = input,
        Output = input,
        Towers = inputTowers,
        InputTowers = inputTowers,
        Reads = TowerReader.Own(inputTowers),
        Keep = (float)section.Number("keep", 0.5, 0.001, 1),
    };

    private NeuronLayer NeuronAlone(Section section, string name) => new()
    {
        Number = number,
        Name = name,
        Input = input,
        Output = input,
        Towers = inputTowers,
        InputTowers = inputTowers,
        Reads = TowerReader.Own(inputTowers),
        Neuron = ReadNeuron(section, section.Required("neuron", "relu or tanh"), Neuron.Relu, Neuron.Tanh),
    };

    private SoftmaxLayer Softmax(Section section, string name)
    {
        if (input.Pixels != 1) throw section.Wrong(null, $"an input of {input}", "a fully connected layer before the softmax");
        ended = true;
        return new SoftmaxLayer
        {
            Number = number,
            Name = name,
            Input = input,
            Output = input,
            Towers = 1,
            InputTowers = inputTowers,
            Reads = TowerReader.All(1, inputTowers),
        };
    }

    /// <summary>True once the softmax has been read.</summary>
    public bool Ended => ended;

    private static int Channels(Section section, string key, string meaning, int towers)
    {
        var entry = section.Required(key, meaning);
        var channels = (int)entry.AsWhole(1, MostChannels);
        return channels % towers == 0 ? channels : throw entry.Wrong($"a number that {towers} towers divide evenly");
    }

    private void CheckFits(Section section, int size, int pad)
    {
        if (size <= Math.Min(input.Height, input.Width) + 2 * pad) return;
        throw section.Wrong("size", $"a size of {size}", $"at most the input's {input.Height}×{input.Width}{(pad > 0 ? $" with its pad of {pad}" : "")}");
    }

    private static void CheckMemory(Section section, Layer layer)
    {
        if (layer.Output.Channels * (long)layer.Output.Height * layer.Output.Width > MostUnits)
        {
            throw section.Wrong(null, $"an output of {layer.Output} units", $"at most {MostUnits} units");
        }
        var ofOne = layer switch
        {
            ConvolutionLayer convolution => (long)layer.InputChannels(0).Channels * convolution.KernelSize * convolution.KernelSize,
            FullyConnectedLayer => (long)layer.InputChannels(0).Channels * layer.Input.Pixels,
            _ => 0,
        };
        if (ofOne > MostWeights / layer.Output.Channels)
        {
            throw section.Wrong(null, $"{ofOne} weights for each of {layer.Output.Channels} outputs", $"at most {MostWeights} weights in a layer");
        }
    }

    private MapSize Windows(Section section, int channels, int size, int stride, int pad)
    {
        var rounding = section.Word("round", Rounding.Up);
        return new MapSize(channels, OutputSize.Of(input.Height, size, stride, pad, rounding), OutputSize.Of(input.Width, size, stride, pad, rounding));
    }

    private static float? Deviation(Section section)
    {
        var entry = section.Find("initial_deviation");
        if (entry is null || (entry.IsScalar && entry.AsText() == NetworkWriter.FanIn)) return null;
        try
        {
            return (float)entry.AsNumber(0, 1e6);
        }
        catch (RecipeException)
        {
            throw entry.Wrong($"a number of at least 0, or '{NetworkWriter.FanIn}' for √(2 / weights of a unit)");
        }
    }

    private Neuron ReadNeuron(Section section, Entry? entry, params Neuron[] allowed)
    {
        if (entry is null) return Neuron.None;
        var neuron = entry.AsWord(allowed);
        if (neuron == Neuron.None || chosenNeuron is not { } chosen) return neuron;
        if (allowed.Contains(chosen)) return chosen;
        throw section.Wrong("neuron", $"the chosen neuron '{Words.Of(chosen)}' where a {Words.Of(neuron)} stands", Words.Choice([.. allowed.Select(Words.Of)]));
    }
}

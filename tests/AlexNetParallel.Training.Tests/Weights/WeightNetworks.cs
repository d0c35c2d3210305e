using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Training.Tests.Weights;

/// <summary>Small networks for bringing weights in and out.</summary>
internal static class WeightNetworks
{
    /// <summary>The tiny two-tower AlexNet of the golden files: channels 16/24/24/24/16, 24 units, 10 classes.</summary>
    public static Network Tiny { get; } = NetworkFile.Parse("""
        name: tiny
        input: {channels: 3, height: 99, width: 99}
        towers: 2
        layers:
          - {name: conv1, type: convolution, reads: all, channels: 16, size: 11, stride: 4}
          - {name: pool1, type: max_pooling, size: 3, stride: 2, neuron: relu}
          - {name: conv2, type: convolution, reads: tower, channels: 24, size: 5, pad: 2, neuron: relu}
          - {name: pool2, type: max_pooling, size: 3, stride: 2}
          - {name: conv3, type: convolution, reads: all, channels: 24, size: 3, pad: 1, neuron: relu}
          - {name: conv4, type: convolution, reads: tower, channels: 24, size: 3, pad: 1, neuron: relu}
          - {name: conv5, type: convolution, reads: tower, channels: 16, size: 3, pad: 1, neuron: relu}
          - {name: pool5, type: max_pooling, size: 3, stride: 2}
          - {name: fc6, type: fully_connected, reads: all, units: 24, neuron: relu}
          - {name: fc7, type: fully_connected, reads: all, units: 24, neuron: relu}
          - {name: dropout7, type: dropout, keep: 0.5}
          - {name: fc8, type: fully_connected, reads: all, units: 10}
          - {name: softmax, type: softmax}
        """, "tiny.yaml");

    /// <summary>Every kind of layer: overhanging windows, both normalisations within towers, towers that read some or all, tanh, dropout, a joined classifier.</summary>
    public static Network Everything { get; } = NetworkFile.Parse("""
        name: everything
        input: {channels: 3, height: 30, width: 30}
        towers: 2
        layers:
          - {name: conv1, type: convolution, reads: all, channels: 12, size: 5, stride: 3, initial_deviation: 0.1}
          - {name: rnorm1, type: response_normalization, kind: across_maps, size: 5, k: 2, alpha: 0.01, divide_alpha_by_size: true, beta: 0.75}
          - {name: pool1, type: max_pooling, size: 3, stride: 2, neuron: relu}
          - {name: conv2, type: convolution, reads: tower, channels: 16, size: 3, pad: 1, initial_bias: 0.5, neuron: tanh}
          - {name: cnorm2, type: response_normalization, kind: same_map, size: 3, k: 1, alpha: 0.1, divide_alpha_by_size: true, beta: 0.75}
          - {name: pool2, type: max_pooling, size: 2, stride: 2}
          - {name: conv3, type: convolution, reads: [[0, 1], [0, 1]], channels: 8, size: 3, pad: 1, neuron: relu}
          - {name: fc4, type: fully_connected, reads: tower, units: 20, neuron: relu}
          - {name: dropout4, type: dropout, keep: 0.5}
          - {name: fc5, type: fully_connected, towers: 1, reads: all, units: 7}
          - {name: softmax, type: softmax}
        """, "everything.yaml");

    /// <summary>A run that begins with random weights, as 'alexnet import' makes one.</summary>
    public static Training.Inference.TrainedRun Begin(Network network, string folder, int workers = 2)
    {
        var recipe = Model.Recipes.RecipeFile.Load("quickstart") with { Network = network, Workers = workers, Batch = 32 };
        var run = new Training.Runs.RunFolder(folder);
        var weights = network.Weighted.ToDictionary(l => l.Name, l => (InitialWeights.Of(l, 9), Enumerable.Range(0, l.Output.Channels).Select(i => i * 0.01f - 0.1f).ToArray()));
        var plan = Model.Planning.Plan.Compile(network, recipe.Partition, workers, recipe.Batch);
        Training.Weights.CheckpointConversion.Begin(run, recipe, plan, weights);
        return Training.Inference.TrainedRun.Find(folder);
    }
}

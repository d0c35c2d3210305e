using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>A way to cut the net of 2012.</summary>
/// <param name="Network">The net's file.</param>
/// <param name="Dialect">"source" or "paper".</param>
/// <param name="Partition">The partition's file.</param>
/// <param name="Workers">Number of workers.</param>
/// <param name="What">What is particular.</param>
/// <param name="Result">What the author wrote down of its accuracy; empty: nothing.</param>
internal sealed record Cut(string Network, string Dialect, string Partition, int Workers, string What, string Result)
{
    /// <summary>
    /// Errors are top-1 / top-5 on the validation images of ILSVRC-2012, over ten views; from the comments of the configurations in layers/ of the released
    /// program of 2012, where nothing else is said.
    /// </summary>
    public static IReadOnlyList<Cut> All { get; } =
    [
        new("alexnet-2012", "source", "source", 2, "net #145: the towers meet at conv3 and from fc6 on", "40.66 % / 18.21 %"),
        new("alexnet-2012", "source", "source-half", 2, "the same, fp16 on the wire", "#170-quant 40.52 % / 18.42 %; #170, its fp32 twin, 40.53 % / 18.05 %"),
        new("alexnet-2012", "paper", "paper", 2, "figure 2 of the paper: fc8 halved too", "40.7 % / 18.2 % (paper, table 2)"),
        new("alexnet-2012", "source", "single", 1, "both towers on one worker: the same function", ""),
        new("alexnet-2012", "source", "data", 2, "data parallel", ""),
        new("alexnet-2012", "source", "hybrid", 2, "convolutions by images, fully connected by units; whole batch at once", ""),
        new("alexnet-2012", "source", "hybrid-turns", 2, "the same, one worker's images after the other's", ""),
        new("alexnet-2012", "source", "hybrid-slices", 2, "the same, a slice of each worker's images at a time", ""),
        new("alexnet-2012", "source", "pipeline", 2, "convolutions on one worker, fully connected layers on the other", ""),
        new("alexnet-150", "source", "source", 2, "#150: no meeting before fc8; conv2 and fc6 wider", "41.83 % / 19.33 %"),
        new("alexnet-127", "source", "source", 2, "#127: no meeting at conv3", "\"significantly worse than 120\", stopped at epoch 36"),
        new("alexnet-128", "source", "source", 2, "#128: at conv3 and again at conv4", "\"on hold\""),
        new("alexnet-132", "source", "source", 2, "#132, #133: at conv4 instead of conv3", "\"worse than 131\" (#131: 40.93 % / 18.57 %), stopped"),
        new("alexnet-116", "source", "source", 4, "#116: four towers, pairs at conv3", ""),
        new("alexnet-120-4gpu", "source", "source", 4, "#120 on four: narrower conv2", "\"overfitting\""),
        new("alexnet-130", "source", "source", 4, "#130: wider conv2, narrower conv5", "\"hardly (if at all) better than 2-gpu net\", stopped at epoch 62"),
        new("alexnet-153-4gpu", "source", "paper", 4, "#153 on four: three of four at conv3, fc6, fc7; 10,184 classes", ""),
    ];

    /// <summary>The plan of a training step.</summary>
    public Plan Compile(int batch) => Plan.Compile(NetworkFile.Load(Network, Dialect), PartitionFile.Load(Partition), Workers, batch);

    /// <summary>What a step is expected to cost on a machine.</summary>
    public Forecast On(TargetMachine machine, string link, int batch) => Forecast.Of(Compile(batch), machine, link);
}

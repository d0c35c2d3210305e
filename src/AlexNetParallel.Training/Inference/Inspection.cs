using AlexNetParallel.Data;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Training.Inference;

/// <summary>Shows a split's images to a trained network, batch by batch; the next batch is made while one is computed.</summary>
/// <param name="network">The network.</param>
/// <param name="source">The images, whose feed must have the network's batch size.</param>
/// <param name="split">Which of them.</param>
public sealed class Inspection(TrainedNetwork network, IBatchSource source, Split split)
{
    /// <summary>Told how many images are done, of all.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>The first so many images only; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Images to show.</summary>
    public int Images => Math.Min(Limit ?? int.MaxValue, source.Count(split));

    /// <summary>Probabilities of all images: the mean over the views, summed in their order, as the paper's section 4.1 has it.</summary>
    public ProbabilityTable Probabilities(IReadOnlyList<View> views)
    {
        var classes = network.Network.Classes;
        var (labels, sums) = (new int[Images], new double[(long)Images * classes]);
        foreach (var view in views)
        {
            Walk(view, (first, batchLabels) =>
            {
                batchLabels.CopyTo(labels, first);
                var p = network.Probabilities(batchLabels.Length);
                for (long i = 0; i < p.Length; i++) sums[(long)first * classes + i] += p[i];
            });
        }
        return new ProbabilityTable(classes, labels, Array.ConvertAll(sums, s => (float)(s / views.Count)));
    }

    /// <summary>A layer's outputs of each image, centre view: calls with image number, label and the layer's units.</summary>
    public void Features(Layer layer, Action<int, int, ReadOnlyMemory<float>> take) => Walk(View.Centre, (first, labels) =>
    {
        var output = network.Output(layer, labels.Length);
        for (var i = 0; i < labels.Length; i++) take(first + i, labels[i], output.AsMemory(i * layer.Output.Units, layer.Output.Units));
    });

    private void Walk(View view, Action<int, int[]> take)
    {
        var batches = (Images + network.Plan.Batch - 1) / network.Plan.Batch;
        var next = Task.Run(() => Fill(0, view));
        for (var batch = 0; batch < batches; batch++)
        {
            var labels = next.GetAwaiter().GetResult();
            var following = batch + 1;
            if (following < batches) next = Task.Run(() => Fill(following, view));
            network.Forward(batch % TrainedNetwork.Slots, labels);
            take(batch * network.Plan.Batch, labels);
            Progress?.Invoke(batch * network.Plan.Batch + labels.Length, Images);
        }
    }

    private unsafe int[] Fill(int batch, View view)
    {
        var labels = new int[Math.Min(network.Plan.Batch, Images - batch * network.Plan.Batch)];
        source.Fill(new Tick(batch + 1, split, 0, 0, batch, labels.Length, 0), network.ImageLayout, network.Images(batch % TrainedNetwork.Slots), labels, view);
        return labels;
    }
}

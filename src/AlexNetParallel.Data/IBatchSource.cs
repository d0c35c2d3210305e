using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data;

/// <summary>A data set made ready for the network: fills the input tensor of any tick, the same bits whoever asks and in whatever order.</summary>
public interface IBatchSource : IDisposable
{
    /// <summary>What the set is, for logs: path or "generated", images, classes.</summary>
    string Description { get; }

    /// <summary>Names of the classes by label.</summary>
    IReadOnlyList<string> Classes { get; }

    /// <summary>Mean image and colour statistics of the training images; null where the augmentation uses neither and computing them would mean decoding a large set.</summary>
    TrainingStatistics? Statistics { get; }

    /// <summary>Images of a split that can be used.</summary>
    int Count(Split split);

    /// <summary>Files that could not be decoded so far, with the reason.</summary>
    IReadOnlyList<(string File, string Reason)> Skipped { get; }

    /// <summary>Fills one batch. Thread-safe.</summary>
    /// <param name="tick">Which batch.</param>
    /// <param name="layout">Layout of <paramref name="images"/>: 3 channels, the network's input size and border. Everything is written: border, and cases past the tick's number, are 0.</param>
    /// <param name="images">layout.Size floats.</param>
    /// <param name="labels">Label of each case of the whole batch, also where <paramref name="layout"/> holds only some of its blocks.</param>
    /// <exception cref="DataSetException">The images are smaller than the network's input, or cannot be had any more.</exception>
    unsafe void Fill(Tick tick, TensorLayout layout, float* images, Span<int> labels);
}

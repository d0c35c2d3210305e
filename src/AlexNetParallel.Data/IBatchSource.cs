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
    /// <param name="view">
    /// The part of each image to look at: the images come in the split's own order, without any augmentation, also those of the training split. Null for training and
    /// tests as the recipe has them.
    /// </param>
    /// <exception cref="DataSetException">The images are smaller than the network's input, or cannot be had any more.</exception>
    unsafe void Fill(Tick tick, TensorLayout layout, float* images, Span<int> labels, View? view = null);

    /// <summary>Fills a batch with pictures that are not of the set, made ready as its test images are. Thread-safe.</summary>
    /// <param name="paths">JPEG or PNG files, no more than the layout has cases.</param>
    /// <param name="view">The part of each that the network sees.</param>
    /// <param name="layout">As for <see cref="Fill"/>.</param>
    /// <param name="images">layout.Size floats.</param>
    /// <exception cref="DataSetException">A file cannot be read or decoded, or is smaller than the network's input.</exception>
    unsafe void FillPictures(IReadOnlyList<string> paths, View view, TensorLayout layout, float* images);

    /// <summary>Size of the images as they are stored, before a crop.</summary>
    (int Height, int Width) Size { get; }

    /// <summary>Class of an image.</summary>
    int Label(Split split, int image);

    /// <summary>The pixels of an image as they are stored: (y, x, R G B). Thread-safe.</summary>
    byte[] Pixels(Split split, int image);

    /// <summary>The pixels of a picture file, brought to the size of the set's images: (y, x, R G B). Thread-safe.</summary>
    /// <exception cref="DataSetException">It cannot be read or decoded.</exception>
    byte[] Pixels(string path);
}

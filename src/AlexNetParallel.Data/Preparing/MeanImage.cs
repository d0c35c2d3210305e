using System.Runtime.InteropServices;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Preparing;

/// <summary>
/// What is subtracted, as planes of the stored image's size: the mean image, one number a channel, or zeros; and the same mirrored, for crops that take the mean
/// under them along.
/// </summary>
internal sealed unsafe class MeanImage : IDisposable
{
    private readonly MeanKind kind;
    private readonly int height, width;
    private readonly float* plain, mirrored;

    /// <param name="kind">Which mean.</param>
    /// <param name="height">Rows of a stored image.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="statistics">Of the training images; may be null for <see cref="MeanKind.None"/>.</param>
    public MeanImage(MeanKind kind, int height, int width, TrainingStatistics? statistics)
    {
        (this.kind, this.height, this.width) = (kind, height, width);
        var floats = 3 * height * width;
        plain = (float*)NativeMemory.AllocZeroed((nuint)(floats + BlockWriter.Slack), sizeof(float));
        mirrored = (float*)NativeMemory.AllocZeroed((nuint)(floats + BlockWriter.Slack), sizeof(float));
        if (kind == MeanKind.None) return;
        ArgumentNullException.ThrowIfNull(statistics);
        for (var i = 0; i < floats; i++)
        {
            plain[i] = kind == MeanKind.Channel ? statistics.ChannelMean[i / (height * width)] : statistics.Mean[i];
        }
        for (var i = 0; i < floats; i++) mirrored[i] = plain[i - i % width + width - 1 - i % width];
    }

    /// <summary>Where the subtraction begins for a crop of (cropHeight, cropWidth) at (top, left).</summary>
    public float* At(int cropHeight, int cropWidth, int top, int left, bool mirror)
    {
        if (kind != MeanKind.ImageAtCrop) return plain + (height - cropHeight) / 2 * width + (width - cropWidth) / 2;
        return mirror ? mirrored + top * width + (width - cropWidth - left) : plain + top * width + left;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(plain);
        NativeMemory.Free(mirrored);
        GC.SuppressFinalize(this);
    }

    ~MeanImage()
    {
        NativeMemory.Free(plain);
        NativeMemory.Free(mirrored);
    }
}

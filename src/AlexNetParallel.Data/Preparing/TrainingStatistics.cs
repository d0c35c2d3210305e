namespace AlexNetParallel.Data.Preparing;

/// <summary>
/// What is computed once from the training images: the mean image, and the covariance of their R, G, B values with its eigenvectors. The sums are whole
/// numbers, so the result depends neither on the order of the images nor on threads.
/// </summary>
public sealed class TrainingStatistics
{
    /// <param name="images">Images that were summed.</param>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="mean">Mean image, planes R, G, B, 0..255.</param>
    /// <param name="covariance">Of R, G, B over all pixels, values in [0, 1].</param>
    public TrainingStatistics(long images, int height, int width, float[] mean, double[,] covariance)
    {
        if (mean.Length != 3 * height * width) throw new ArgumentException($"a mean image of {height}×{width} has {3 * height * width} numbers, not {mean.Length}", nameof(mean));
        (Images, Height, Width, Mean, Covariance) = (images, height, width, mean, covariance);
        ChannelMean = [.. mean.Chunk(height * width).Select(plane => (float)plane.Average(v => (double)v))];
        (Eigenvalues, Eigenvectors) = SymmetricEigen.Solve(covariance);
    }

    /// <summary>Images that were summed.</summary>
    public long Images { get; }

    /// <summary>Rows of the mean image.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Mean of each pixel, planes R, G, B, 0..255.</summary>
    public float[] Mean { get; }

    /// <summary>Mean of each channel, 0..255.</summary>
    public float[] ChannelMean { get; }

    /// <summary>Covariance of R, G, B over all pixels of all images, pixels in [0, 1].</summary>
    public double[,] Covariance { get; }

    /// <summary>Eigenvalues λ of <see cref="Covariance"/>, largest first.</summary>
    public double[] Eigenvalues { get; }

    /// <summary>Eigenvectors: column i belongs to eigenvalue i, rows are R, G, B; in each the component of the largest magnitude is positive.</summary>
    public double[,] Eigenvectors { get; }

    /// <summary>The same for images that are brought to another side: the mean image is resized as the images are. The covariance stays: it is of their pixels as they were summed.</summary>
    /// <param name="side">Rows and pixels of a row.</param>
    internal TrainingStatistics At(int side)
    {
        if (side == Height && side == Width) return this;
        var (rows, columns) = (new Taps(), new Taps());
        rows.Prepare(Height, Height, side, 0, side);
        columns.Prepare(Width, Width, side, 0, side);
        var (lines, resized) = (new float[Width], new float[3 * side * side]);
        for (var row = 0; row < 3 * side; row++)
        {
            var (channel, y) = (row / side, row % side);
            Array.Clear(lines);
            var weights = rows.Weights(y);
            for (var t = 0; t < weights.Length; t++)
                for (var x = 0; x < Width; x++) lines[x] += weights[t] * Mean[(channel * Height + rows.First(y) + t) * Width + x];
            for (var x = 0; x < side; x++)
            {
                var taps = columns.Weights(x);
                for (var t = 0; t < taps.Length; t++) resized[row * side + x] += taps[t] * lines[columns.First(x) + t];
            }
        }
        return new TrainingStatistics(Images, side, side, resized, Covariance);
    }
}

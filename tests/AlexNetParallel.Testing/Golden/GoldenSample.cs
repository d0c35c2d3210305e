namespace AlexNetParallel.Testing.Golden;

/// <summary>
/// What the files of a full-size golden network hold of each large array: its first 64 values, 64 values at i · ⌊size / 64⌋, the sum of all values, the sum of
/// their magnitudes.
/// </summary>
public static class GoldenSample
{
    private const int Values = 64;

    /// <summary>Takes the same sample of an array in the files' order ([n, c, y, x]; [outputs, fan-in]).</summary>
    public static double[] Of(ReadOnlySpan<double> array)
    {
        var sample = new double[2 * Values + 2];
        var stride = array.Length / Values;
        for (var i = 0; i < Values; i++)
        {
            sample[i] = array[i];
            sample[Values + i] = array[i * stride];
        }
        foreach (var value in array)
        {
            sample[^2] += value;
            sample[^1] += Math.Abs(value);
        }
        return sample;
    }

    /// <summary>The same of a layer's weights or their gradient in canonical order.</summary>
    public static double[] Of(GoldenLayer layer, ReadOnlySpan<float> canonical)
    {
        var sample = new double[2 * Values + 2];
        var stride = layer.WeightCount / Values;
        for (var i = 0; i < Values; i++)
        {
            sample[i] = At(canonical, i);
            sample[Values + i] = At(canonical, i * stride);
        }
        foreach (var value in canonical)
        {
            sample[^2] += value;
            sample[^1] += Math.Abs(value);
        }
        return sample;

        float At(ReadOnlySpan<float> array, int index) => array[index % layer.FanIn * layer.Outputs + index / layer.FanIn];
    }

    /// <summary>
    /// Holds a sample against the file's: values to <paramref name="tolerance"/> of the largest of the 128, sums to 1e-4 of the sum of magnitudes. Activations
    /// meet 1e-5; gradients need 1e-2, because among 1.3 million ReLU units one may fall on the other side of 0 in float32.
    /// </summary>
    public static void Close(Npy expected, ReadOnlySpan<double> sample, double tolerance, string what)
    {
        double[] file = [.. expected.Values.Select(v => (double)v)];
        Closeness.Close(file.AsSpan(0, 2 * Values), sample[..(2 * Values)], tolerance, $"{what}, values");
        Closeness.Close(file.AsSpan(2 * Values), sample[(2 * Values)..], 1e-4, $"{what}, sums", scale: file[^1]);
    }
}

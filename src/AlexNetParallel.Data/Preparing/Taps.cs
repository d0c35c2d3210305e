namespace AlexNetParallel.Data.Preparing;

/// <summary>For each pixel of a resized line: which pixels of the old line it is made of, and their weights, which sum to 1.</summary>
internal sealed class Taps
{
    private int[] starts = [], counts = [];
    private float[] weights = [];
    private int perPixel;
    private (int Old, double Extent, int New, int Skip, int Kept) prepared;

    /// <summary>The old pixels [First, End) that are used at all.</summary>
    public (int First, int End) Reach { get; private set; }

    /// <summary>First old pixel of a new one.</summary>
    public int First(int pixel) => starts[pixel];

    /// <summary>Most old pixels of a new one.</summary>
    public int Most { get; private set; }

    /// <summary>First old pixel of each new one.</summary>
    public ReadOnlySpan<int> Firsts => starts;

    /// <summary>Weights of all new pixels, <see cref="Stride"/> for each; those past a pixel's own are 0.</summary>
    public ReadOnlySpan<float> AllWeights => weights;

    /// <summary>Weights from a new pixel to the next.</summary>
    public int Stride => perPixel;

    /// <summary>Weights of the old pixels from <see cref="First"/> on.</summary>
    public ReadOnlySpan<float> Weights(int pixel) => weights.AsSpan(pixel * perPixel, counts[pixel]);

    /// <summary>Computes the taps of <paramref name="kept"/> pixels, from number <paramref name="skip"/> on, of a line made <paramref name="newLength"/> long.</summary>
    /// <param name="oldLength">Pixels of the old line.</param>
    /// <param name="extent">How much of them the picture fills: the last pixel of a picture that the decoder reduced may be partly beyond its edge.</param>
    /// <param name="newLength">Pixels of the whole new line.</param>
    /// <param name="skip">First new pixel that is kept.</param>
    /// <param name="kept">How many are.</param>
    public void Prepare(int oldLength, double extent, int newLength, int skip, int kept)
    {
        if (prepared == (oldLength, extent, newLength, skip, kept)) return;
        var scale = extent / newLength;
        var support = Math.Max(scale, 1);
        perPixel = 2 * (int)Math.Ceiling(support) + 1;
        if (starts.Length < kept) (starts, counts) = (new int[kept], new int[kept]);
        if (weights.Length < kept * perPixel) weights = new float[kept * perPixel];
        Array.Clear(weights);
        Most = 0;
        for (var i = 0; i < kept; i++)
        {
            var centre = (skip + i + 0.5) * scale;
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var end = Math.Min(oldLength, (int)(centre + support + 0.5));
            (starts[i], counts[i]) = (first, end - first);
            Most = Math.Max(Most, end - first);
            var sum = 0.0;
            for (var t = first; t < end; t++) sum += Triangle(t);
            for (var t = first; t < end; t++) weights[i * perPixel + t - first] = (float)(Triangle(t) / sum);

            double Triangle(int old) => Math.Max(0, 1 - Math.Abs((old + 0.5 - centre) / support));
        }
        Reach = (starts[0], starts[kept - 1] + counts[kept - 1]);
        prepared = (oldLength, extent, newLength, skip, kept);
    }
}

namespace AlexNetParallel.Testing;

/// <summary>A tensor in host memory as the reference computes with it: double precision, [n, c, y, x], x fastest, no border.</summary>
/// <param name="cases">Images.</param>
/// <param name="channels">Kernel maps, or units of a fully connected layer.</param>
/// <param name="height">Rows of a map.</param>
/// <param name="width">Pixels of a row.</param>
public sealed class HostTensor(int cases, int channels, int height, int width)
{
    /// <summary>Copies floats that lie in the same order.</summary>
    public HostTensor(int cases, int channels, int height, int width, ReadOnlySpan<float> values) : this(cases, channels, height, width)
    {
        if (values.Length != Values.Length) throw new ArgumentException($"{values.Length} values for a tensor of {Values.Length}", nameof(values));
        for (var i = 0; i < values.Length; i++) Values[i] = values[i];
    }

    /// <summary>Images.</summary>
    public int Cases { get; } = cases;

    /// <summary>Kernel maps.</summary>
    public int Channels { get; } = channels;

    /// <summary>Rows of a map.</summary>
    public int Height { get; } = height;

    /// <summary>Pixels of a row.</summary>
    public int Width { get; } = width;

    /// <summary>All values, x fastest.</summary>
    public double[] Values { get; } = new double[(long)cases * channels * height * width];

    /// <summary>Position of an element in <see cref="Values"/>.</summary>
    public int Index(int n, int c, int y, int x) => ((n * Channels + c) * Height + y) * Width + x;

    /// <summary>One element.</summary>
    public double this[int n, int c, int y, int x]
    {
        get => Values[Index(n, c, y, x)];
        set => Values[Index(n, c, y, x)] = value;
    }

    /// <summary>A tensor of zeros of the same size.</summary>
    public HostTensor Empty() => new(Cases, Channels, Height, Width);

    /// <summary>A copy.</summary>
    public HostTensor Clone() => Map(v => v);

    /// <summary>A tensor of f(each element).</summary>
    public HostTensor Map(Func<double, double> f)
    {
        var result = Empty();
        for (var i = 0; i < Values.Length; i++) result.Values[i] = f(Values[i]);
        return result;
    }

    /// <summary>Channels [first, first + count).</summary>
    public HostTensor Slice(int first, int count)
    {
        var result = new HostTensor(Cases, count, Height, Width);
        var map = Height * Width;
        for (var n = 0; n < Cases; n++)
            Array.Copy(Values, Index(n, first, 0, 0), result.Values, result.Index(n, 0, 0, 0), count * map);
        return result;
    }

    /// <summary>The channels of several tensors one after another.</summary>
    public static HostTensor Concatenate(params IReadOnlyList<HostTensor> parts)
    {
        var result = new HostTensor(parts[0].Cases, parts.Sum(p => p.Channels), parts[0].Height, parts[0].Width);
        var map = result.Height * result.Width;
        var first = 0;
        foreach (var part in parts)
        {
            for (var n = 0; n < result.Cases; n++)
                Array.Copy(part.Values, part.Index(n, 0, 0, 0), result.Values, result.Index(n, first, 0, 0), part.Channels * map);
            first += part.Channels;
        }
        return result;
    }

    /// <summary>Exact floats drawn uniformly from [low, high), the same for the same seed.</summary>
    public static HostTensor Random(int cases, int channels, int height, int width, int seed, float low = -1, float high = 1)
    {
        var result = new HostTensor(cases, channels, height, width);
        var random = new System.Random(seed);
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] = (float)(low + (high - low) * random.NextSingle());
        return result;
    }
}

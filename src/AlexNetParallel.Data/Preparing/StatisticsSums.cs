namespace AlexNetParallel.Data.Preparing;

/// <summary>Running whole-number sums over images: of each pixel, and of the products of R, G, B.</summary>
internal sealed unsafe class StatisticsSums(int height, int width)
{
    private readonly long[] pixels = new long[3 * height * width];
    private readonly long[] products = new long[6];   // RR, RG, RB, GG, GB, BB; 255² a pixel: room for 1.4·10¹⁴ pixels

    /// <summary>Images added.</summary>
    public long Images { get; private set; }

    /// <summary>Adds an image of planes R, G, B.</summary>
    public void Add(byte* planes)
    {
        var count = height * width;
        byte* r = planes, g = planes + count, b = planes + 2 * count;
        for (var i = 0; i < 3 * count; i++) pixels[i] += planes[i];
        const int run = 1 << 14;   // 2¹⁴ · 255² < 2³¹: the inner sums are ints
        for (var from = 0; from < count; from += run)
        {
            int rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0;
            for (var i = from; i < Math.Min(from + run, count); i++)
            {
                int x = r[i], y = g[i], z = b[i];
                rr += x * x;
                rg += x * y;
                rb += x * z;
                gg += y * y;
                gb += y * z;
                bb += z * z;
            }
            products[0] += rr;
            products[1] += rg;
            products[2] += rb;
            products[3] += gg;
            products[4] += gb;
            products[5] += bb;
        }
        Images++;
    }

    /// <summary>Adds the sums of another thread.</summary>
    public void Add(StatisticsSums other)
    {
        for (var i = 0; i < pixels.Length; i++) pixels[i] += other.pixels[i];
        for (var i = 0; i < products.Length; i++) products[i] += other.products[i];
        Images += other.Images;
    }

    /// <summary>All sums, for <see cref="Restore"/>.</summary>
    public long[] Save() => [.. products, .. pixels];

    /// <summary>Sets what <see cref="Save"/> gave.</summary>
    public void Restore(long images, ReadOnlySpan<long> sums)
    {
        sums[..products.Length].CopyTo(products);
        sums[products.Length..].CopyTo(pixels);
        Images = images;
    }

    /// <summary>Mean image and covariance of what was added.</summary>
    public TrainingStatistics Finish()
    {
        var count = height * width;
        var total = (double)Images * count;
        var mean = Array.ConvertAll(pixels, sum => (float)((double)sum / Images));
        var channel = new double[3];
        for (var c = 0; c < 3; c++) channel[c] = pixels.AsSpan(c * count, count).ToArray().Sum() / total;
        var covariance = new double[3, 3];
        var next = 0;
        for (var i = 0; i < 3; i++)
        {
            for (var j = i; j < 3; j++)
            {
                covariance[i, j] = covariance[j, i] = (products[next++] / total - channel[i] * channel[j]) / (255 * 255);
            }
        }
        return new TrainingStatistics(Images, height, width, mean, covariance);
    }
}

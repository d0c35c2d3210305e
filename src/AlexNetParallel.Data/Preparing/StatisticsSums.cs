using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AlexNetParallel.Data.Preparing;

/// <summary>Running whole-number sums over images: of each pixel, and of the products of R, G, B.</summary>
internal sealed unsafe class StatisticsSums(int height, int width)
{
    private const int MostRecent = 257;   // 257 · 255 < 2¹⁶

    private readonly long[] pixels = new long[3 * height * width];
    private readonly ushort[] recent = new ushort[3 * height * width];   // of the last images: added to pixels before they grow too large
    private int recentImages;
    private readonly long[] products = new long[6];   // RR, RG, RB, GG, GB, BB; 255² a pixel: room for 1.4·10¹⁴ pixels

    /// <summary>Images added.</summary>
    public long Images { get; private set; }

    /// <summary>Adds an image of planes R, G, B.</summary>
    public void Add(byte* planes)
    {
        var count = height * width;
        byte* r = planes, g = planes + count, b = planes + 2 * count;
        AddPixels(planes, 3 * count);
        const int run = 1 << 14;   // 2¹⁴ · 255² < 2³¹: the inner sums are ints
        for (var from = 0; from < count; from += run)
        {
            var (end, i) = (Math.Min(from + run, count), from);
            Vector256<int> vrr = default, vrg = default, vrb = default, vgg = default, vgb = default, vbb = default;
            for (; i + 16 <= end; i += 16)
            {
                Vector256<short> x = Sixteen(r + i), y = Sixteen(g + i), z = Sixteen(b + i);
                vrr += Products(x, x);
                vrg += Products(x, y);
                vrb += Products(x, z);
                vgg += Products(y, y);
                vgb += Products(y, z);
                vbb += Products(z, z);
            }
            int rr = Vector256.Sum(vrr), rg = Vector256.Sum(vrg), rb = Vector256.Sum(vrb), gg = Vector256.Sum(vgg), gb = Vector256.Sum(vgb), bb = Vector256.Sum(vbb);
            for (; i < end; i++)
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

    private void AddPixels(byte* planes, int count)
    {
        fixed (ushort* sums = recent)
        {
            var i = 0;
            for (; i + 16 <= count; i += 16) (Vector256.Load(sums + i) + Sixteen(planes + i).AsUInt16()).Store(sums + i);
            for (; i < count; i++) sums[i] += planes[i];
        }
        if (++recentImages == MostRecent) Settle();
    }

    private static Vector256<short> Sixteen(byte* bytes) => Vector256.WidenLower(Vector128.Load(bytes).ToVector256Unsafe()).AsInt16();

    /// <summary>The products, added in pairs: which pairs is of no matter.</summary>
    private static Vector256<int> Products(Vector256<short> a, Vector256<short> b)
    {
        if (Avx2.IsSupported) return Avx2.MultiplyAddAdjacent(a, b);
        var ((a0, a1), (b0, b1)) = (Vector256.Widen(a), Vector256.Widen(b));
        return a0 * b0 + a1 * b1;
    }

    private void Settle()
    {
        for (var i = 0; i < recent.Length; i++) pixels[i] += recent[i];
        Array.Clear(recent);
        recentImages = 0;
    }

    /// <summary>Adds the sums of another thread.</summary>
    public void Add(StatisticsSums other)
    {
        other.Settle();
        for (var i = 0; i < pixels.Length; i++) pixels[i] += other.pixels[i];
        for (var i = 0; i < products.Length; i++) products[i] += other.products[i];
        Images += other.Images;
    }

    /// <summary>All sums, for <see cref="Restore"/>.</summary>
    public long[] Save()
    {
        Settle();
        return [.. products, .. pixels];
    }

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
        Settle();
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

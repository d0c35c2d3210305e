using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AlexNetParallel.Data.Decoding;

namespace AlexNetParallel.Data.Preparing;

/// <summary>
/// Makes the shorter side N pixels long by bilinear interpolation with antialiasing (a triangle as wide as the reduction asks for, as Pillow's BILINEAR and
/// torchvision's Resize do; the longer side is N · longer / shorter, rounded down) and keeps the central N×N square. Only what is kept is computed.
/// Sums are in float, in a fixed order, rounded once to bytes. Not thread-safe.
/// </summary>
internal sealed unsafe class Resizer : IDisposable
{
    private const int Group = 4;   // pixels taken at a time
    private const byte O = 255;   // an index that a shuffle takes for 0
    private readonly Taps rows = new(), columns = new();
    private float* line;
    private int lineLength;

    // Bytes R G B of two pixels to the lowest bytes of integers R G B 0; an index stays within its half, for which processors have an instruction.
    private static readonly Vector256<byte> firstTwo = Vector256.Create((byte)0, O, O, O, 1, O, O, O, 2, O, O, O, O, O, O, O, 16 + 3, O, O, O, 16 + 4, O, O, O, 16 + 5, O, O, O, O, O, O, O);

    private static readonly Vector256<byte> lastTwo = Vector256.Create((byte)6, O, O, O, 7, O, O, O, 8, O, O, O, O, O, O, O, 16 + 9, O, O, O, 16 + 10, O, O, O, 16 + 11, O, O, O, O, O, O, O);

    /// <summary>Writes the square as planes R, G, B of N rows of N bytes.</summary>
    /// <param name="picture">The picture, at its full size or already reduced by the decoder.</param>
    /// <param name="fullWidth">Width before that reduction: it decides the length of the longer side.</param>
    /// <param name="fullHeight">Height before that reduction.</param>
    /// <param name="reduction">By how much the decoder reduced it.</param>
    /// <param name="side">N.</param>
    /// <param name="planes">3 · N · N bytes.</param>
    public void CentralSquare(Picture picture, int fullWidth, int fullHeight, int reduction, int side, byte* planes)
    {
        var (outWidth, outHeight) = fullWidth <= fullHeight ? (side, Longer(fullHeight, fullWidth)) : (Longer(fullWidth, fullHeight), side);
        columns.Prepare(picture.Width, (double)fullWidth / reduction, outWidth, (outWidth - side) / 2, side);
        rows.Prepare(picture.Height, (double)fullHeight / reduction, outHeight, (outHeight - side) / 2, side);

        var (left, right) = columns.Reach;
        Grow(4 * (right - left + columns.Most + Group));
        fixed (int* firsts = columns.Firsts)
        fixed (float* weights = columns.AllWeights)
        {
            for (var y = 0; y < side; y++)
            {
                Vertical(picture, rows.First(y), rows.Weights(y), left, right - left);
                Horizontal(firsts, weights, left, side, planes + (long)y * side);
            }
        }

        int Longer(int longer, int shorter) => Math.Max(side, (int)((long)side * longer / shorter));
    }

    /// <summary>Writes the picture as it is, as planes R, G, B.</summary>
    public static void Separate(Picture picture, byte* planes)
    {
        var count = picture.Width * picture.Height;
        var from = picture.Pixels;
        for (var i = 0; i < count; i++, from += 3)
        {
            planes[i] = from[0];
            planes[count + i] = from[1];
            planes[2 * count + i] = from[2];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(line);
        line = null;
        lineLength = 0;
        GC.SuppressFinalize(this);
    }

    ~Resizer() => NativeMemory.AlignedFree(line);

    /// <summary>One row of the square from the line. Every pixel takes as many taps as any does, the last ones with weights of 0: loops of one length are foreseen.</summary>
    private void Horizontal(int* firsts, float* weights, int left, int side, byte* to)
    {
        var (taps, stride, plane) = (columns.Most, columns.Stride, (long)side * side);
        var x = 0;
        for (; x + Group <= side; x += Group, weights += Group * stride)
        {
            float* a = line + 4 * (firsts[x] - left), b = line + 4 * (firsts[x + 1] - left), c = line + 4 * (firsts[x + 2] - left), d = line + 4 * (firsts[x + 3] - left);
            float* wa = weights, wb = wa + stride, wc = wb + stride, wd = wc + stride;
            var (sumA, sumB, sumC, sumD) = (Vector128.Load(a) * *wa, Vector128.Load(b) * *wb, Vector128.Load(c) * *wc, Vector128.Load(d) * *wd);
            for (var t = 1; t < taps; t++)
            {
                sumA += Vector128.Load(a + 4 * t) * wa[t];
                sumB += Vector128.Load(b + 4 * t) * wb[t];
                sumC += Vector128.Load(c + 4 * t) * wc[t];
                sumD += Vector128.Load(d + 4 * t) * wd[t];
            }
            var bytes = Vector128.Narrow(Vector128.Narrow(Rounded(sumA), Rounded(sumB)), Vector128.Narrow(Rounded(sumC), Rounded(sumD))).AsByte();
            var channels = Vector128.Shuffle(bytes, Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)).AsUInt32();
            *(uint*)(to + x) = channels[0];
            *(uint*)(to + plane + x) = channels[1];
            *(uint*)(to + 2 * plane + x) = channels[2];
        }
        for (; x < side; x++, weights += stride)
        {
            var at = line + 4 * (firsts[x] - left);
            var sum = Vector128.Load(at) * *weights;
            for (var t = 1; t < taps; t++) sum += Vector128.Load(at + 4 * t) * weights[t];
            for (var c = 0; c < 3; c++) to[c * plane + x] = (byte)Rounded(sum)[c];
        }

        // Weights are not negative and sum to 1: no sum is below 0, or so much above 255 that it would round to 256.
        static Vector128<int> Rounded(Vector128<float> sum) => Vector128.ConvertToInt32Native(sum + Vector128.Create(0.5f));
    }

    /// <summary>
    /// Four floats of the line, R, G, B and 0, for each pixel from <paramref name="left"/> on: Σ weight · byte of the rows from <paramref name="first"/> on.
    /// </summary>
    private void Vertical(Picture picture, int first, ReadOnlySpan<float> weights, int left, int pixels)
    {
        var stride = 3 * picture.Width;
        var (first2, last2) = (firstTwo, lastTwo);
        var from = picture.Pixels + (long)first * stride + 3 * left;
        for (var to = line; to < line + 4 * pixels; to += 4 * Group, from += 3 * Group)
        {
            var (low, high) = (Vector256<float>.Zero, Vector256<float>.Zero);
            var at = from;
            foreach (var weight in weights)
            {
                // Up to 4 bytes past the row's last group are read; the picture has slack for that.
                var four = Vector256.Create(Vector128.Load(at));   // in both halves
                low += Vector256.ConvertToSingle(Shuffled(four, first2)) * weight;
                high += Vector256.ConvertToSingle(Shuffled(four, last2)) * weight;
                at += stride;
            }
            low.Store(to);
            high.Store(to + 8);
        }
    }

    // Both give 0 for an index of 255. The second is slow where it is not compiled to the first.
    private static Vector256<int> Shuffled(Vector256<byte> bytes, Vector256<byte> indices) => (Avx2.IsSupported ? Avx2.Shuffle(bytes, indices) : Vector256.Shuffle(bytes, indices)).AsInt32();

    private void Grow(int floats)
    {
        if (floats <= lineLength) return;
        NativeMemory.AlignedFree(line);
        line = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
        new Span<float>(line, floats).Clear();
        lineLength = floats;
    }
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Data.Decoding;

namespace AlexNetParallel.Data.Preparing;

/// <summary>
/// Makes the shorter side N pixels long by bilinear interpolation with antialiasing (a triangle as wide as the reduction asks for, as Pillow's BILINEAR and
/// torchvision's Resize do; the longer side is N · longer / shorter, rounded down) and keeps the central N×N square. Only what is kept is computed.
/// Sums are in float, in a fixed order, rounded once to bytes. Not thread-safe.
/// </summary>
internal sealed unsafe class Resizer : IDisposable
{
    private const int Step = 16;   // bytes of a row taken at a time
    private readonly Taps rows = new(), columns = new();
    private float* line;
    private int lineLength;

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
        var floats = 3 * (right - left);
        Grow(floats + 3 * columns.Most + Step);
        fixed (int* firsts = columns.Firsts)
        fixed (float* weights = columns.AllWeights)
        {
            for (var y = 0; y < side; y++)
            {
                Vertical(picture, rows.First(y), rows.Weights(y), left, floats);
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
        for (var x = 0; x < side; x++, weights += stride)
        {
            var at = line + 3 * (firsts[x] - left);
            var sum = Vector128.Load(at) * weights[0];   // R, G, B and the next pixel's R
            for (var t = 1; t < taps; t++) sum += Vector128.Load(at + 3 * t) * weights[t];
            var rounded = Vector128.ConvertToInt32(Vector128.Min(Vector128.Max(sum, Vector128<float>.Zero), Vector128.Create(255f)) + Vector128.Create(0.5f));
            to[x] = (byte)rounded[0];
            to[plane + x] = (byte)rounded[1];
            to[2 * plane + x] = (byte)rounded[2];
        }
    }

    /// <summary>line[i] = Σ weight · byte i of rows from <paramref name="first"/> on, columns from <paramref name="left"/> on.</summary>
    private void Vertical(Picture picture, int first, ReadOnlySpan<float> weights, int left, int floats)
    {
        var stride = 3 * picture.Width;
        var from = picture.Pixels + (long)first * stride + 3 * left;
        for (var i = 0; i < floats; i += Step)
        {
            var (low, high) = (Vector256<float>.Zero, Vector256<float>.Zero);
            var at = from + i;
            foreach (var weight in weights)
            {
                // Up to 15 bytes past the row's end are read; the picture has slack for that.
                var pixels = Vector256.WidenLower(Vector128.Load(at).ToVector256Unsafe());
                low += Vector256.ConvertToSingle(Vector256.WidenLower(pixels).AsInt32()) * weight;
                high += Vector256.ConvertToSingle(Vector256.WidenUpper(pixels).AsInt32()) * weight;
                at += stride;
            }
            low.Store(line + i);
            high.Store(line + i + Step / 2);
        }
    }

    private void Grow(int floats)
    {
        if (floats <= lineLength) return;
        NativeMemory.AlignedFree(line);
        line = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
        new Span<float>(line, floats).Clear();
        lineLength = floats;
    }
}

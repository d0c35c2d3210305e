using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Preparing;

/// <summary>One image of a block: where its crop lies, and what is subtracted from it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CaseInput
{
    /// <summary>First pixel of the crop in the image's R plane. 16 bytes before the image and behind it may be read.</summary>
    public byte* Pixels;

    /// <summary>What is subtracted from the network's pixel (0, 0) of R; rows and planes as far apart as the image's.</summary>
    public float* Mean;

    /// <summary>The crop's pixels are taken from right to left.</summary>
    public bool Mirror;

    /// <summary>Added to each channel after the mean is subtracted.</summary>
    public float Red, Green, Blue;
}

/// <summary>
/// Writes 32 images into one block of the network's input: x = (pixel − mean + shift) · scale, turned from rows of pixels to rows of cases. Every number
/// depends on its pixel alone, so the result is the same whatever the machine's vectors are.
/// </summary>
internal static unsafe class BlockWriter
{
    /// <summary>Pixels of a row that are done at a time: 32 cases of them are 8 KiB, which stay in the nearest cache.</summary>
    private const int Tile = 64;

    /// <summary>Rows that are fetched into the cache ahead of use: 32 images are too many for the processor to foresee.</summary>
    private const int RowsAhead = 2;

    /// <summary>Bytes and floats beyond a row's end, or before its beginning, that are read and not used.</summary>
    public const int Slack = 16;

    /// <summary>Fills a block, its border included.</summary>
    /// <param name="layout">Of the network's input.</param>
    /// <param name="block">First float of the block.</param>
    /// <param name="cases">The images.</param>
    /// <param name="count">Number of images, 0 to 32; the cases past it become 0.</param>
    /// <param name="imageHeight">Rows of a stored image's plane.</param>
    /// <param name="imageWidth">Pixels of a stored image's row.</param>
    /// <param name="scale">Multiplied by at last.</param>
    public static void Write(TensorLayout layout, float* block, CaseInput* cases, int count, int imageHeight, int imageWidth, float scale)
    {
        var scratch = stackalloc float[CaseBlock.Cases * Tile];
        new Span<float>(scratch + count * Tile, (CaseBlock.Cases - count) * Tile).Clear();
        var (top, left, bottom, right) = layout.Border;
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = block + (long)channel * layout.ChannelStride;
            Clear(plane, top * layout.RowStride);
            for (var y = 0; y < layout.Height; y++)
            {
                var row = plane + (top + y) * layout.RowStride;
                Clear(row, left * CaseBlock.Cases);
                row += left * CaseBlock.Cases;
                var offset = (long)channel * imageHeight * imageWidth + (long)y * imageWidth;
                for (var x = 0; x < layout.Width; x += Tile)
                {
                    var width = Math.Min(Tile, layout.Width - x);
                    for (var n = 0; n < count; n++)
                    {
                        ref var image = ref cases[n];
                        var shift = channel == 0 ? image.Red : channel == 1 ? image.Green : image.Blue;
                        var pixels = image.Pixels + offset + (image.Mirror ? layout.Width - 1 - x : x);
                        if (Sse.IsSupported) Sse.Prefetch0(pixels + RowsAhead * imageWidth);
                        Convert(pixels, image.Mirror, image.Mean + offset + x, shift, scale, scratch + n * Tile, width);
                    }
                    Turn(scratch, row + x * CaseBlock.Cases, width);
                }
                Clear(row + layout.Width * CaseBlock.Cases, right * CaseBlock.Cases);
            }
            Clear(plane + (top + layout.Height) * layout.RowStride, bottom * layout.RowStride);
        }
    }

    private static void Clear(float* from, int floats) => new Span<float>(from, floats).Clear();

    /// <summary>to[i] = (pixel[±i] − mean[i] + shift) · scale.</summary>
    private static void Convert(byte* pixels, bool mirror, float* mean, float shift, float scale, float* to, int width)
    {
        for (var i = 0; i < width; i += 16)
        {
            var bytes = mirror
                ? Vector128.Shuffle(Vector128.Load(pixels - i - 15), Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
                : Vector128.Load(pixels + i);
            var (low, high) = Vector128.Widen(bytes);
            if (Vector256.IsHardwareAccelerated)
            {
                Convert8(low, mean + i, shift, scale, to + i);
                Convert8(high, mean + i + 8, shift, scale, to + i + 8);
            }
            else
            {
                Convert4(Vector128.WidenLower(low), mean + i, shift, scale, to + i);
                Convert4(Vector128.WidenUpper(low), mean + i + 4, shift, scale, to + i + 4);
                Convert4(Vector128.WidenLower(high), mean + i + 8, shift, scale, to + i + 8);
                Convert4(Vector128.WidenUpper(high), mean + i + 12, shift, scale, to + i + 12);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Convert8(Vector128<ushort> pixels, float* mean, float shift, float scale, float* to)
    {
        var x = Vector256.ConvertToSingle(Vector256.WidenLower(pixels.ToVector256Unsafe()).AsInt32());
        ((x - Vector256.Load(mean) + Vector256.Create(shift)) * scale).Store(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Convert4(Vector128<uint> pixels, float* mean, float shift, float scale, float* to)
    {
        var x = Vector128.ConvertToSingle(pixels.AsInt32());
        ((x - Vector128.Load(mean) + Vector128.Create(shift)) * scale).Store(to);
    }

    /// <summary>to[x][case] = scratch[case][x].</summary>
    private static void Turn(float* scratch, float* to, int width)
    {
        var x = 0;
        for (; x + 4 <= width; x += 4)
        {
            for (var n = 0; n < CaseBlock.Cases; n += 8)
            {
                var from = scratch + n * Tile + x;
                var at = to + x * CaseBlock.Cases + n;
                if (Avx.IsSupported)
                {
                    Interleave.TurnTwo(from, Tile, at, CaseBlock.Cases);
                }
                else
                {
                    Interleave.TurnOne(from, Tile, at, CaseBlock.Cases);
                    Interleave.TurnOne(from + 4 * Tile, Tile, at + 4, CaseBlock.Cases);
                }
            }
        }
        for (; x < width; x++)
        {
            for (var n = 0; n < CaseBlock.Cases; n++) to[x * CaseBlock.Cases + n] = scratch[n * Tile + x];
        }
    }
}

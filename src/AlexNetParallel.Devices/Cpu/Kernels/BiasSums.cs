using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>
/// Gradients of biases. Sums over pixels are kept for each case of a block, 32 beside each other, and then summed over the cases in one order, whatever
/// the vectors' width: it is little work, so one way is enough.
/// </summary>
internal static unsafe class BiasSums
{
    /// <summary>sums[channel] += the sum of one block's gradient over pixels and cases.</summary>
    /// <param name="gradient">The block, first pixel inside the border.</param>
    /// <param name="offsets">Where each channel lies from there.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="rowStride">Floats from a row to the next.</param>
    /// <param name="sums">One float for each channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* gradient, nint* offsets, int channels, int height, int width, nint rowStride, float* sums)
    {
        for (var channel = 0; channel < channels; channel++)
        {
            var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var row = 0; row < height; row++)
            {
                var cases = gradient + offsets[channel] + row * rowStride;
                for (var pixel = 0; pixel < width; pixel++, cases += CaseBlock.Cases)
                {
                    a += Vector256.Load(cases);
                    b += Vector256.Load(cases + 8);
                    c += Vector256.Load(cases + 16);
                    d += Vector256.Load(cases + 24);
                }
            }
            var eight = (a + b) + (c + d);
            var four = eight.GetLower() + eight.GetUpper();
            sums[channel] += (four[0] + four[2]) + (four[1] + four[3]);
        }
    }
}

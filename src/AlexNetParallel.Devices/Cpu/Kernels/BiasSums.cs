using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>
/// Gradients of biases. Sums over the pixels of a block are kept for each case, 32 beside each other, and then summed over the cases in one order,
/// whatever the vectors' width: it is little work, so one way is enough.
/// </summary>
internal static unsafe class BiasSums
{
    /// <summary>For each channel and case: sums += a row of the gradient.</summary>
    /// <param name="gradient">First pixel of the row.</param>
    /// <param name="offsets">Where each channel lies from there.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="pixels">Pixels of the row.</param>
    /// <param name="sums">32 floats for each channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddRow(float* gradient, nint* offsets, int channels, int pixels, float* sums)
    {
        for (var channel = 0; channel < channels; channel++, sums += CaseBlock.Cases)
        {
            var (a, b, c, d) = (Vector256.Load(sums), Vector256.Load(sums + 8), Vector256.Load(sums + 16), Vector256.Load(sums + 24));
            var cases = gradient + offsets[channel];
            for (var pixel = 0; pixel < pixels; pixel++, cases += CaseBlock.Cases)
            {
                a += Vector256.Load(cases);
                b += Vector256.Load(cases + 8);
                c += Vector256.Load(cases + 16);
                d += Vector256.Load(cases + 24);
            }
            a.Store(sums);
            b.Store(sums + 8);
            c.Store(sums + 16);
            d.Store(sums + 24);
        }
    }

    /// <summary>biases[channel] += the sum of a block's sums over its cases, which are set to 0.</summary>
    public static void Finish(float* sums, int channels, float* biases)
    {
        for (var channel = 0; channel < channels; channel++, sums += CaseBlock.Cases)
        {
            var eight = (Vector256.Load(sums) + Vector256.Load(sums + 8)) + (Vector256.Load(sums + 16) + Vector256.Load(sums + 24));
            var four = eight.GetLower() + eight.GetUpper();
            biases[channel] += (four[0] + four[2]) + (four[1] + four[3]);
            new Span<float>(sums, CaseBlock.Cases).Clear();
        }
    }
}

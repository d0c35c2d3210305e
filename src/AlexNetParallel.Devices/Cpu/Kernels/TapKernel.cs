using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>What <see cref="TapKernel"/> computes. All distances are in floats.</summary>
internal unsafe struct TapArguments
{
    /// <summary>Input at the first pixel, case 0.</summary>
    public float* Input;

    /// <summary>For each tap, where it lies from a pixel's input.</summary>
    public int* Offsets;

    /// <summary>Number of taps, at least 1.</summary>
    public int Taps;

    /// <summary>For each tap the weights of the tile's kernels, next to each other.</summary>
    public float* Weights;

    /// <summary>From a tap's weights to the next tap's.</summary>
    public nint WeightStride;

    /// <summary>What the sums start from, for each kernel; null: they go on from what the output holds.</summary>
    public float* Bias;

    /// <summary>Output at the first pixel, case 0.</summary>
    public float* Output;

    /// <summary>For each kernel of the tile, where its output lies.</summary>
    public nint* KernelOffsets;

    /// <summary>Number of pixels.</summary>
    public int Pixels;

    /// <summary>From a pixel's input to the next one's.</summary>
    public nint InputStep;

    /// <summary>From a pixel's output to the next one's.</summary>
    public nint OutputStep;

    /// <summary>max(0, ·) of the sums.</summary>
    public bool Relu;
}

/// <summary>
/// output[kernel, pixel, case] = start + sum over taps of weight[tap, kernel] · input[pixel + tap, case], for a tile of up to 14 kernels times
/// 32 cases. The sums stay in registers: two vectors of cases for each kernel, so the 32 cases take 1, 2 or 4 turns with vectors of 512, 256 or 128
/// bits. A kernel's weight is broadcast from memory by the multiply-add itself where the processor can: a core that shares its front end with another
/// thread issues about three instructions a cycle, so each one that does not multiply costs. Each sum runs over the taps in order, whatever the vectors' width or the tile.
/// </summary>
internal static unsafe class TapKernel
{
    /// <summary>The kernel for a tile of TKernels kernels; what lies beyond them is not compiled.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSimd, V, TKernels>(TapArguments* arguments)
        where TSimd : struct, ISimd<V>
        where V : struct
        where TKernels : struct, ICount
    {
        var offsets = arguments->Offsets;
        var end = offsets + arguments->Taps;
        var weightStride = arguments->WeightStride;
        var kernels = arguments->KernelOffsets;
        for (var pixel = 0; pixel < arguments->Pixels; pixel++)
        {
            for (var turn = 0; turn < CaseBlock.Cases; turn += 2 * TSimd.Count)
            {
                V a0 = TSimd.Zero, b0 = a0, a1 = TSimd.Zero, b1 = a1, a2 = TSimd.Zero, b2 = a2, a3 = TSimd.Zero, b3 = a3, a4 = TSimd.Zero, b4 = a4, a5 = TSimd.Zero, b5 = a5, a6 = TSimd.Zero, b6 = a6, a7 = TSimd.Zero, b7 = a7, a8 = TSimd.Zero, b8 = a8, a9 = TSimd.Zero, b9 = a9, a10 = TSimd.Zero, b10 = a10, a11 = TSimd.Zero, b11 = a11, a12 = TSimd.Zero, b12 = a12, a13 = TSimd.Zero, b13 = a13;
                var bias = arguments->Bias;
                var output = arguments->Output + pixel * arguments->OutputStep + turn;
                if (bias != null)
                {
                    if (TKernels.Value > 0) a0 = b0 = TSimd.Create(bias[0]);
                    if (TKernels.Value > 1) a1 = b1 = TSimd.Create(bias[1]);
                    if (TKernels.Value > 2) a2 = b2 = TSimd.Create(bias[2]);
                    if (TKernels.Value > 3) a3 = b3 = TSimd.Create(bias[3]);
                    if (TKernels.Value > 4) a4 = b4 = TSimd.Create(bias[4]);
                    if (TKernels.Value > 5) a5 = b5 = TSimd.Create(bias[5]);
                    if (TKernels.Value > 6) a6 = b6 = TSimd.Create(bias[6]);
                    if (TKernels.Value > 7) a7 = b7 = TSimd.Create(bias[7]);
                    if (TKernels.Value > 8) a8 = b8 = TSimd.Create(bias[8]);
                    if (TKernels.Value > 9) a9 = b9 = TSimd.Create(bias[9]);
                    if (TKernels.Value > 10) a10 = b10 = TSimd.Create(bias[10]);
                    if (TKernels.Value > 11) a11 = b11 = TSimd.Create(bias[11]);
                    if (TKernels.Value > 12) a12 = b12 = TSimd.Create(bias[12]);
                    if (TKernels.Value > 13) a13 = b13 = TSimd.Create(bias[13]);
                }
                else
                {
                    if (TKernels.Value > 0) { a0 = TSimd.Load(output + kernels[0]); b0 = TSimd.Load(output + kernels[0] + TSimd.Count); }
                    if (TKernels.Value > 1) { a1 = TSimd.Load(output + kernels[1]); b1 = TSimd.Load(output + kernels[1] + TSimd.Count); }
                    if (TKernels.Value > 2) { a2 = TSimd.Load(output + kernels[2]); b2 = TSimd.Load(output + kernels[2] + TSimd.Count); }
                    if (TKernels.Value > 3) { a3 = TSimd.Load(output + kernels[3]); b3 = TSimd.Load(output + kernels[3] + TSimd.Count); }
                    if (TKernels.Value > 4) { a4 = TSimd.Load(output + kernels[4]); b4 = TSimd.Load(output + kernels[4] + TSimd.Count); }
                    if (TKernels.Value > 5) { a5 = TSimd.Load(output + kernels[5]); b5 = TSimd.Load(output + kernels[5] + TSimd.Count); }
                    if (TKernels.Value > 6) { a6 = TSimd.Load(output + kernels[6]); b6 = TSimd.Load(output + kernels[6] + TSimd.Count); }
                    if (TKernels.Value > 7) { a7 = TSimd.Load(output + kernels[7]); b7 = TSimd.Load(output + kernels[7] + TSimd.Count); }
                    if (TKernels.Value > 8) { a8 = TSimd.Load(output + kernels[8]); b8 = TSimd.Load(output + kernels[8] + TSimd.Count); }
                    if (TKernels.Value > 9) { a9 = TSimd.Load(output + kernels[9]); b9 = TSimd.Load(output + kernels[9] + TSimd.Count); }
                    if (TKernels.Value > 10) { a10 = TSimd.Load(output + kernels[10]); b10 = TSimd.Load(output + kernels[10] + TSimd.Count); }
                    if (TKernels.Value > 11) { a11 = TSimd.Load(output + kernels[11]); b11 = TSimd.Load(output + kernels[11] + TSimd.Count); }
                    if (TKernels.Value > 12) { a12 = TSimd.Load(output + kernels[12]); b12 = TSimd.Load(output + kernels[12] + TSimd.Count); }
                    if (TKernels.Value > 13) { a13 = TSimd.Load(output + kernels[13]); b13 = TSimd.Load(output + kernels[13] + TSimd.Count); }
                }

                var input = arguments->Input + pixel * arguments->InputStep + turn;
                var weights = arguments->Weights;
                var offset = offsets;
                do
                {
                    nint there = *offset;
                    var u = TSimd.Load(input + there);
                    var v = TSimd.Load(input + there + TSimd.Count);
                    if (TKernels.Value > 0) { a0 = TSimd.MultiplyAdd(weights + 0, u, a0); b0 = TSimd.MultiplyAdd(weights + 0, v, b0); }
                    if (TKernels.Value > 1) { a1 = TSimd.MultiplyAdd(weights + 1, u, a1); b1 = TSimd.MultiplyAdd(weights + 1, v, b1); }
                    if (TKernels.Value > 2) { a2 = TSimd.MultiplyAdd(weights + 2, u, a2); b2 = TSimd.MultiplyAdd(weights + 2, v, b2); }
                    if (TKernels.Value > 3) { a3 = TSimd.MultiplyAdd(weights + 3, u, a3); b3 = TSimd.MultiplyAdd(weights + 3, v, b3); }
                    if (TKernels.Value > 4) { a4 = TSimd.MultiplyAdd(weights + 4, u, a4); b4 = TSimd.MultiplyAdd(weights + 4, v, b4); }
                    if (TKernels.Value > 5) { a5 = TSimd.MultiplyAdd(weights + 5, u, a5); b5 = TSimd.MultiplyAdd(weights + 5, v, b5); }
                    if (TKernels.Value > 6) { a6 = TSimd.MultiplyAdd(weights + 6, u, a6); b6 = TSimd.MultiplyAdd(weights + 6, v, b6); }
                    if (TKernels.Value > 7) { a7 = TSimd.MultiplyAdd(weights + 7, u, a7); b7 = TSimd.MultiplyAdd(weights + 7, v, b7); }
                    if (TKernels.Value > 8) { a8 = TSimd.MultiplyAdd(weights + 8, u, a8); b8 = TSimd.MultiplyAdd(weights + 8, v, b8); }
                    if (TKernels.Value > 9) { a9 = TSimd.MultiplyAdd(weights + 9, u, a9); b9 = TSimd.MultiplyAdd(weights + 9, v, b9); }
                    if (TKernels.Value > 10) { a10 = TSimd.MultiplyAdd(weights + 10, u, a10); b10 = TSimd.MultiplyAdd(weights + 10, v, b10); }
                    if (TKernels.Value > 11) { a11 = TSimd.MultiplyAdd(weights + 11, u, a11); b11 = TSimd.MultiplyAdd(weights + 11, v, b11); }
                    if (TKernels.Value > 12) { a12 = TSimd.MultiplyAdd(weights + 12, u, a12); b12 = TSimd.MultiplyAdd(weights + 12, v, b12); }
                    if (TKernels.Value > 13) { a13 = TSimd.MultiplyAdd(weights + 13, u, a13); b13 = TSimd.MultiplyAdd(weights + 13, v, b13); }
                    weights += weightStride;
                    offset++;
                }
                while (offset < end);

                if (arguments->Relu)
                {
                    if (TKernels.Value > 0) { a0 = TSimd.Max(TSimd.Zero, a0); b0 = TSimd.Max(TSimd.Zero, b0); }
                    if (TKernels.Value > 1) { a1 = TSimd.Max(TSimd.Zero, a1); b1 = TSimd.Max(TSimd.Zero, b1); }
                    if (TKernels.Value > 2) { a2 = TSimd.Max(TSimd.Zero, a2); b2 = TSimd.Max(TSimd.Zero, b2); }
                    if (TKernels.Value > 3) { a3 = TSimd.Max(TSimd.Zero, a3); b3 = TSimd.Max(TSimd.Zero, b3); }
                    if (TKernels.Value > 4) { a4 = TSimd.Max(TSimd.Zero, a4); b4 = TSimd.Max(TSimd.Zero, b4); }
                    if (TKernels.Value > 5) { a5 = TSimd.Max(TSimd.Zero, a5); b5 = TSimd.Max(TSimd.Zero, b5); }
                    if (TKernels.Value > 6) { a6 = TSimd.Max(TSimd.Zero, a6); b6 = TSimd.Max(TSimd.Zero, b6); }
                    if (TKernels.Value > 7) { a7 = TSimd.Max(TSimd.Zero, a7); b7 = TSimd.Max(TSimd.Zero, b7); }
                    if (TKernels.Value > 8) { a8 = TSimd.Max(TSimd.Zero, a8); b8 = TSimd.Max(TSimd.Zero, b8); }
                    if (TKernels.Value > 9) { a9 = TSimd.Max(TSimd.Zero, a9); b9 = TSimd.Max(TSimd.Zero, b9); }
                    if (TKernels.Value > 10) { a10 = TSimd.Max(TSimd.Zero, a10); b10 = TSimd.Max(TSimd.Zero, b10); }
                    if (TKernels.Value > 11) { a11 = TSimd.Max(TSimd.Zero, a11); b11 = TSimd.Max(TSimd.Zero, b11); }
                    if (TKernels.Value > 12) { a12 = TSimd.Max(TSimd.Zero, a12); b12 = TSimd.Max(TSimd.Zero, b12); }
                    if (TKernels.Value > 13) { a13 = TSimd.Max(TSimd.Zero, a13); b13 = TSimd.Max(TSimd.Zero, b13); }
                }
                if (TKernels.Value > 0) { TSimd.Store(a0, output + kernels[0]); TSimd.Store(b0, output + kernels[0] + TSimd.Count); }
                if (TKernels.Value > 1) { TSimd.Store(a1, output + kernels[1]); TSimd.Store(b1, output + kernels[1] + TSimd.Count); }
                if (TKernels.Value > 2) { TSimd.Store(a2, output + kernels[2]); TSimd.Store(b2, output + kernels[2] + TSimd.Count); }
                if (TKernels.Value > 3) { TSimd.Store(a3, output + kernels[3]); TSimd.Store(b3, output + kernels[3] + TSimd.Count); }
                if (TKernels.Value > 4) { TSimd.Store(a4, output + kernels[4]); TSimd.Store(b4, output + kernels[4] + TSimd.Count); }
                if (TKernels.Value > 5) { TSimd.Store(a5, output + kernels[5]); TSimd.Store(b5, output + kernels[5] + TSimd.Count); }
                if (TKernels.Value > 6) { TSimd.Store(a6, output + kernels[6]); TSimd.Store(b6, output + kernels[6] + TSimd.Count); }
                if (TKernels.Value > 7) { TSimd.Store(a7, output + kernels[7]); TSimd.Store(b7, output + kernels[7] + TSimd.Count); }
                if (TKernels.Value > 8) { TSimd.Store(a8, output + kernels[8]); TSimd.Store(b8, output + kernels[8] + TSimd.Count); }
                if (TKernels.Value > 9) { TSimd.Store(a9, output + kernels[9]); TSimd.Store(b9, output + kernels[9] + TSimd.Count); }
                if (TKernels.Value > 10) { TSimd.Store(a10, output + kernels[10]); TSimd.Store(b10, output + kernels[10] + TSimd.Count); }
                if (TKernels.Value > 11) { TSimd.Store(a11, output + kernels[11]); TSimd.Store(b11, output + kernels[11] + TSimd.Count); }
                if (TKernels.Value > 12) { TSimd.Store(a12, output + kernels[12]); TSimd.Store(b12, output + kernels[12] + TSimd.Count); }
                if (TKernels.Value > 13) { TSimd.Store(a13, output + kernels[13]); TSimd.Store(b13, output + kernels[13] + TSimd.Count); }
            }
        }
    }
}

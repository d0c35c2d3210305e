using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>From (channel, pixel, case) to (pixel, case, channel), for some channels.</summary>
internal static unsafe class Transpose
{
    /// <summary>Transposes a row of pixels; channels that are missing in the last vector become 0.</summary>
    /// <param name="source">First pixel.</param>
    /// <param name="offsets">Where each channel lies from there.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="pixels">Pixels, 32 cases each.</param>
    /// <param name="destination">First pixel's first case.</param>
    /// <param name="stride">Floats from a case to the next there: at least the channels, in whole vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSimd, V>(float* source, nint* offsets, int channels, int pixels, float* destination, int stride)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        var cases = pixels * CaseBlock.Cases;
        var channel = 0;
        for (; channel + TSimd.Count <= channels; channel += TSimd.Count) Vectors<TSimd, V>(source, offsets + channel, cases, destination + channel, stride);
        for (; channel + Simd128.Count <= channels; channel += Simd128.Count) Vectors<Simd128, Vector128<float>>(source, offsets + channel, cases, destination + channel, stride);
        for (; channel < channels; channel++)
        {
            var from = source + offsets[channel];
            for (var i = 0; i < cases; i++) destination[(nint)i * stride + channel] = from[i];
        }
        if (channel < stride) Clear(destination + channel, stride - channel, cases, stride);
    }

    /// <summary>Zeros for the channels that are missing.</summary>
    private static void Clear(float* destination, int channels, int cases, nint stride)
    {
        for (var i = 0; i < cases; i++, destination += stride) new Span<float>(destination, channels).Clear();
    }

    /// <summary>As many channels as a vector has elements: tiles of 4 channels by 4 cases, side by side in the vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vectors<TSimd, V>(float* source, nint* offsets, int cases, float* destination, nint stride)
        where TSimd : struct, ISimd<V>
        where V : struct
    {
        for (var i = 0; i < cases; i += 4, source += 4, destination += 4 * stride)
        {
            var a = TSimd.LoadQuads(source, offsets);
            var b = TSimd.LoadQuads(source, offsets + 1);
            var c = TSimd.LoadQuads(source, offsets + 2);
            var d = TSimd.LoadQuads(source, offsets + 3);
            var (ab01, ab23) = (TSimd.UnpackLow(a, b), TSimd.UnpackHigh(a, b));
            var (cd01, cd23) = (TSimd.UnpackLow(c, d), TSimd.UnpackHigh(c, d));
            TSimd.Store(TSimd.LowPairs(ab01, cd01), destination);
            TSimd.Store(TSimd.HighPairs(ab01, cd01), destination + stride);
            TSimd.Store(TSimd.LowPairs(ab23, cd23), destination + 2 * stride);
            TSimd.Store(TSimd.HighPairs(ab23, cd23), destination + 3 * stride);
        }
    }
}

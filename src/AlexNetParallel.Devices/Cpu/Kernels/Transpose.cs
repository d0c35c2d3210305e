using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>From (channel, pixel, case) to (pixel, case, channel), for up to 32 channels.</summary>
internal static unsafe class Transpose
{
    /// <summary>Transposes a row of pixels; channels that are missing in the last vector become 0.</summary>
    /// <param name="source">First pixel.</param>
    /// <param name="offsets">Where each channel lies from there.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="pixels">Pixels, 32 cases each.</param>
    /// <param name="destination">First pixel's first case.</param>
    /// <param name="stride">Floats from a case to the next there: channels rounded up to a multiple of 4 or more.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, nint* offsets, int channels, int pixels, float* destination, int stride)
    {
        var cases = pixels * CaseBlock.Cases;
        var channel = 0;
        if (Sse.IsSupported)
        {
            for (; channel + 4 <= channels; channel += 4)
                Four(source + offsets[channel], source + offsets[channel + 1], source + offsets[channel + 2], source + offsets[channel + 3], cases, destination + channel, stride);
        }
        for (; channel < stride; channel++)
        {
            var from = channel < channels ? source + offsets[channel] : null;
            for (var i = 0; i < cases; i++) destination[(nint)i * stride + channel] = from == null ? 0 : from[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float* a, float* b, float* c, float* d, int cases, float* destination, nint stride)
    {
        for (var i = 0; i < cases; i += 4, destination += 4 * stride)
        {
            var (va, vb, vc, vd) = (Vector128.Load(a + i), Vector128.Load(b + i), Vector128.Load(c + i), Vector128.Load(d + i));
            var (ab01, ab23) = (Sse.UnpackLow(va, vb), Sse.UnpackHigh(va, vb));
            var (cd01, cd23) = (Sse.UnpackLow(vc, vd), Sse.UnpackHigh(vc, vd));
            Sse.MoveLowToHigh(ab01, cd01).Store(destination);
            Sse.MoveHighToLow(cd01, ab01).Store(destination + stride);
            Sse.MoveLowToHigh(ab23, cd23).Store(destination + 2 * stride);
            Sse.MoveHighToLow(cd23, ab23).Store(destination + 3 * stride);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AlexNetParallel.Data.Preparing;

/// <summary>Turns squares of 4×4 floats: rows of four pixels of four cases become rows of four cases of one pixel each.</summary>
internal static unsafe class Interleave
{
    /// <summary>Two squares side by side: cases n … n+3 in the lower halves of the vectors, n+4 … n+7 in the upper ones. For processors with AVX.</summary>
    /// <param name="from">Pixel x of case n.</param>
    /// <param name="stride">Floats from a case to the next.</param>
    /// <param name="to">Case n of pixel x.</param>
    /// <param name="toStride">Floats from a pixel to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TurnTwo(float* from, int stride, float* to, int toStride)
    {
        var a = Vector256.Create(Vector128.Load(from), Vector128.Load(from + 4 * stride));
        var b = Vector256.Create(Vector128.Load(from + stride), Vector128.Load(from + 5 * stride));
        var c = Vector256.Create(Vector128.Load(from + 2 * stride), Vector128.Load(from + 6 * stride));
        var d = Vector256.Create(Vector128.Load(from + 3 * stride), Vector128.Load(from + 7 * stride));
        var ab0 = Avx.UnpackLow(a, b).AsDouble();   // a0 b0, a1 b1
        var ab1 = Avx.UnpackHigh(a, b).AsDouble();   // a2 b2, a3 b3
        var cd0 = Avx.UnpackLow(c, d).AsDouble();
        var cd1 = Avx.UnpackHigh(c, d).AsDouble();
        Avx.UnpackLow(ab0, cd0).AsSingle().Store(to);   // a0 b0 c0 d0
        Avx.UnpackHigh(ab0, cd0).AsSingle().Store(to + toStride);
        Avx.UnpackLow(ab1, cd1).AsSingle().Store(to + 2 * toStride);
        Avx.UnpackHigh(ab1, cd1).AsSingle().Store(to + 3 * toStride);
    }

    /// <summary>One square, on any processor.</summary>
    /// <param name="from">Pixel x of case n.</param>
    /// <param name="stride">Floats from a case to the next.</param>
    /// <param name="to">Case n of pixel x.</param>
    /// <param name="toStride">Floats from a pixel to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TurnOne(float* from, int stride, float* to, int toStride)
    {
        var a = Vector128.Load(from);
        var b = Vector128.Load(from + stride);
        var c = Vector128.Load(from + 2 * stride);
        var d = Vector128.Load(from + 3 * stride);
        var (ab0, ab1) = (Low(a, b).AsDouble(), High(a, b).AsDouble());
        var (cd0, cd1) = (Low(c, d).AsDouble(), High(c, d).AsDouble());
        Low(ab0, cd0).AsSingle().Store(to);
        High(ab0, cd0).AsSingle().Store(to + toStride);
        Low(ab1, cd1).AsSingle().Store(to + 2 * toStride);
        High(ab1, cd1).AsSingle().Store(to + 3 * toStride);
    }

    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);

    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);

    private static Vector128<double> Low(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0]);

    private static Vector128<double> High(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[1], b[1]);
}

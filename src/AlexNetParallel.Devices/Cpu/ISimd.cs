using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Arithmetic on vectors of floats of one width. A kernel is written once as a generic method over &lt;TSimd, V&gt;; the JIT compiles
/// it for each width with every call here inlined to one instruction.
/// </summary>
/// <typeparam name="V">Vector512, Vector256 or Vector128 of float.</typeparam>
internal unsafe interface ISimd<V> where V : struct
{
    /// <summary>Floats in a vector: 16, 8 or 4. Divides the 32 cases of a block.</summary>
    static abstract int Count { get; }

    /// <summary>Registers that hold vectors.</summary>
    static abstract int Registers { get; }

    /// <summary>All elements 0.</summary>
    static abstract V Zero { get; }

    /// <summary>All elements <paramref name="value"/>.</summary>
    static abstract V Create(float value);

    /// <summary>Loads without regard to alignment.</summary>
    static abstract V Load(float* source);

    /// <summary>Stores without regard to alignment.</summary>
    static abstract void Store(V value, float* destination);

    /// <summary>a + b.</summary>
    static abstract V Add(V a, V b);

    /// <summary>a - b.</summary>
    static abstract V Subtract(V a, V b);

    /// <summary>a * b.</summary>
    static abstract V Multiply(V a, V b);

    /// <summary>a / b.</summary>
    static abstract V Divide(V a, V b);

    /// <summary>a * b + c, rounded once where the processor can (without FMA: twice).</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>
    /// The float at <paramref name="a"/> times each element of b, plus c, rounded as <see cref="MultiplyAdd(V, V, V)"/>. AVX-512 takes the float from memory within the
    /// instruction; elsewhere it is loaded once for neighbouring calls.
    /// </summary>
    static abstract V MultiplyAdd(float* a, V b, V c);

    /// <summary>c - a * b, rounded once where the processor can (without FMA: twice).</summary>
    static abstract V NegatedMultiplyAdd(V a, V b, V c);

    /// <summary>The larger; <paramref name="b"/> where either is not a number.</summary>
    static abstract V Max(V a, V b);

    /// <summary>The smaller; <paramref name="b"/> where either is not a number.</summary>
    static abstract V Min(V a, V b);

    /// <summary>Square root.</summary>
    static abstract V Sqrt(V a);

    /// <summary>e to the power a.</summary>
    static abstract V Exp(V a);

    /// <summary>Natural logarithm.</summary>
    static abstract V Log(V a);

    /// <summary>
    /// About a^(-1/4), for a above 0 and not subnormal: a float's bits grow nearly as its logarithm does, so a constant less a quarter of them are the
    /// bits of a number within 3.2 % of it. The same on every processor, unlike the instructions that estimate reciprocal roots.
    /// </summary>
    static abstract V EstimateInverseFourthRoot(V a);

    /// <summary>|a|.</summary>
    static abstract V Abs(V a);

    /// <summary>All bits set where a &gt; b, else none.</summary>
    static abstract V GreaterThan(V a, V b);

    /// <summary>All bits set where a = b, else none.</summary>
    static abstract V Equals(V a, V b);

    /// <summary>Bits of a where the mask's are set, else of b.</summary>
    static abstract V Select(V mask, V a, V b);

    /// <summary>a and b, bit by bit.</summary>
    static abstract V And(V a, V b);

    /// <summary>Four floats from each of Count / 4 places that lie four entries of <paramref name="offsets"/> apart: a row of 4×4 tiles beside each other.</summary>
    static abstract V LoadQuads(float* source, nint* offsets);

    /// <summary>In each four: a0, b0, a1, b1.</summary>
    static abstract V UnpackLow(V a, V b);

    /// <summary>In each four: a2, b2, a3, b3.</summary>
    static abstract V UnpackHigh(V a, V b);

    /// <summary>In each four: a0, a1, b0, b1.</summary>
    static abstract V LowPairs(V a, V b);

    /// <summary>In each four: a2, a3, b2, b3.</summary>
    static abstract V HighPairs(V a, V b);
}

/// <summary>512 bits: AVX-512.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Count => 16;
    public static int Registers => 32;
    public static Vector512<float> Zero => Vector512<float>.Zero;
    public static Vector512<float> Create(float value) => Vector512.Create(value);
    public static Vector512<float> Load(float* source) => Vector512.Load(source);
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    // Volatile: else the compiler would load the float once for all that use it, by an instruction more for every two multiply-adds.
    public static Vector512<float> MultiplyAdd(float* a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(Vector512.Create(Volatile.Read(ref *a)), b, c);

    public static Vector512<float> NegatedMultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAddNegated(a, b, c);
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);
    public static Vector512<float> Sqrt(Vector512<float> a) => Vector512.Sqrt(a);
    public static Vector512<float> Exp(Vector512<float> a) => Vector512.Exp(a);
    public static Vector512<float> Log(Vector512<float> a) => Vector512.Log(a);
    public static Vector512<float> EstimateInverseFourthRoot(Vector512<float> a) => (Vector512.Create(0x4F586000u) - (a.AsUInt32() >>> 2)).AsSingle();
    public static Vector512<float> Abs(Vector512<float> a) => Vector512.Abs(a);
    public static Vector512<float> GreaterThan(Vector512<float> a, Vector512<float> b) => Vector512.GreaterThan(a, b);
    public static Vector512<float> Equals(Vector512<float> a, Vector512<float> b) => Vector512.Equals(a, b);
    public static Vector512<float> Select(Vector512<float> mask, Vector512<float> a, Vector512<float> b) => Vector512.ConditionalSelect(mask, a, b);
    public static Vector512<float> And(Vector512<float> a, Vector512<float> b) => a & b;

    public static Vector512<float> LoadQuads(float* source, nint* offsets) =>
        Vector512.Create(Simd256.LoadQuads(source, offsets), Simd256.LoadQuads(source, offsets + 8));

    public static Vector512<float> UnpackLow(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a, b);
    public static Vector512<float> UnpackHigh(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a, b);
    public static Vector512<float> LowPairs(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();
    public static Vector512<float> HighPairs(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}

/// <summary>256 bits: AVX2 with FMA.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Count => 8;
    public static int Registers => 16;
    public static Vector256<float> Zero => Vector256<float>.Zero;
    public static Vector256<float> Create(float value) => Vector256.Create(value);
    public static Vector256<float> Load(float* source) => Vector256.Load(source);
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);
    public static Vector256<float> MultiplyAdd(float* a, Vector256<float> b, Vector256<float> c) => MultiplyAdd(Vector256.Create(*a), b, c);
    public static Vector256<float> NegatedMultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAddNegated(a, b, c);
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);
    public static Vector256<float> Sqrt(Vector256<float> a) => Vector256.Sqrt(a);
    public static Vector256<float> Exp(Vector256<float> a) => Vector256.Exp(a);
    public static Vector256<float> Log(Vector256<float> a) => Vector256.Log(a);
    public static Vector256<float> EstimateInverseFourthRoot(Vector256<float> a) => (Vector256.Create(0x4F586000u) - (a.AsUInt32() >>> 2)).AsSingle();
    public static Vector256<float> Abs(Vector256<float> a) => Vector256.Abs(a);
    public static Vector256<float> GreaterThan(Vector256<float> a, Vector256<float> b) => Vector256.GreaterThan(a, b);
    public static Vector256<float> Equals(Vector256<float> a, Vector256<float> b) => Vector256.Equals(a, b);
    public static Vector256<float> Select(Vector256<float> mask, Vector256<float> a, Vector256<float> b) => Vector256.ConditionalSelect(mask, a, b);
    public static Vector256<float> And(Vector256<float> a, Vector256<float> b) => a & b;

    public static Vector256<float> LoadQuads(float* source, nint* offsets) =>
        Vector256.Create(Vector128.Load(source + offsets[0]), Vector128.Load(source + offsets[4]));

    public static Vector256<float> UnpackLow(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a, b);
    public static Vector256<float> UnpackHigh(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a, b);
    public static Vector256<float> LowPairs(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();
    public static Vector256<float> HighPairs(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}

/// <summary>128 bits: any x64 or Arm64 processor. Without FMA a product is rounded before it is added.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    public static int Count => 4;
    public static int Registers => 16;
    public static Vector128<float> Zero => Vector128<float>.Zero;
    public static Vector128<float> Create(float value) => Vector128.Create(value);
    public static Vector128<float> Load(float* source) => Vector128.Load(source);
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Fma.IsSupported || AdvSimd.IsSupported ? Vector128.FusedMultiplyAdd(a, b, c) : a * b + c;

    public static Vector128<float> MultiplyAdd(float* a, Vector128<float> b, Vector128<float> c) => MultiplyAdd(Vector128.Create(*a), b, c);

    public static Vector128<float> NegatedMultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Fma.IsSupported ? Fma.MultiplyAddNegated(a, b, c) : AdvSimd.IsSupported ? AdvSimd.FusedMultiplySubtract(c, a, b) : c - a * b;

    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);
    public static Vector128<float> Sqrt(Vector128<float> a) => Vector128.Sqrt(a);
    public static Vector128<float> Exp(Vector128<float> a) => Vector128.Exp(a);
    public static Vector128<float> Log(Vector128<float> a) => Vector128.Log(a);
    public static Vector128<float> EstimateInverseFourthRoot(Vector128<float> a) => (Vector128.Create(0x4F586000u) - (a.AsUInt32() >>> 2)).AsSingle();
    public static Vector128<float> Abs(Vector128<float> a) => Vector128.Abs(a);
    public static Vector128<float> GreaterThan(Vector128<float> a, Vector128<float> b) => Vector128.GreaterThan(a, b);
    public static Vector128<float> Equals(Vector128<float> a, Vector128<float> b) => Vector128.Equals(a, b);
    public static Vector128<float> Select(Vector128<float> mask, Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(mask, a, b);
    public static Vector128<float> And(Vector128<float> a, Vector128<float> b) => a & b;

    public static Vector128<float> LoadQuads(float* source, nint* offsets) => Vector128.Load(source + offsets[0]);

    public static Vector128<float> UnpackLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);

    public static Vector128<float> UnpackHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);

    public static Vector128<float> LowPairs(Vector128<float> a, Vector128<float> b) => Vector128.Create(a.GetLower(), b.GetLower());
    public static Vector128<float> HighPairs(Vector128<float> a, Vector128<float> b) => Vector128.Create(a.GetUpper(), b.GetUpper());
}

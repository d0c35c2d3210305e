using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>What <see cref="OuterKernel"/> computes. All distances are in floats.</summary>
internal unsafe struct OuterArguments
{
    /// <summary>Scalars of up to four groups of rows, at the first segment.</summary>
    public float* Scalars0, Scalars1, Scalars2, Scalars3;

    /// <summary>From a segment's scalars to the next one's.</summary>
    public nint SegmentStep;

    /// <summary>Number of segments.</summary>
    public int Segments;

    /// <summary>Terms of a segment: scalars that lie next to each other.</summary>
    public int Terms;

    /// <summary>The vector of the first term; the others follow through all segments.</summary>
    public float* Vectors;

    /// <summary>From a term's vector to the next one's.</summary>
    public nint VectorStride;

    /// <summary>The first row's sums.</summary>
    public float* Output;

    /// <summary>From a group's sums to the next group's.</summary>
    public nint GroupStride;

    /// <summary>From a row's sums to the next row's of the group.</summary>
    public nint RowStride;

    /// <summary>For <see cref="StoreSums"/>: they are added to what the output holds; else they overwrite it.</summary>
    public bool Accumulate;

    /// <summary>For <see cref="UpdateWeights"/>: from a weight, in the output, to its momentum.</summary>
    public nint MomentumDistance;

    /// <summary>For <see cref="UpdateWeights"/>.</summary>
    public UpdateCoefficients Update;

    /// <summary>What will be needed soon: with each segment some cache lines from here are fetched into the second-level cache.</summary>
    public float* Prefetch;

    /// <summary>As many lines are fetched this far away; 0 for none.</summary>
    public nint PrefetchTwin;

    /// <summary>From what is fetched with a segment to what is fetched with the next one.</summary>
    public nint PrefetchStep;

    /// <summary>Cache lines fetched with a segment; may be 0.</summary>
    public int PrefetchLines;
}

/// <summary>
/// output[row, ·] = sum over terms of scalar[row, term] · vector[term, ·]: a sum of outer products, for a tile of up to 14 rows by one or two
/// vectors, or up to 9 rows by three, in registers. The rows are TGroups groups of TRows; scalars of a group's neighbouring rows lie 32 floats (one pixel) apart, which is how a
/// convolution's neighbouring taps, and the inputs of a fully connected layer, lie. Nothing is summed across the elements of a vector.
/// </summary>
internal static unsafe class OuterKernel
{
    /// <summary>The kernel for TGroups · TRows rows and TVectors vectors; what lies beyond them is not compiled.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSimd, V, TGroups, TRows, TVectors, TEnd>(OuterArguments* arguments)
        where TSimd : struct, ISimd<V>
        where V : struct
        where TGroups : struct, ICount
        where TRows : struct, ICount
        where TVectors : struct, ICount
        where TEnd : struct, IOuterEnd
    {
        var p0 = arguments->Scalars0;
        var p1 = arguments->Scalars1;
        var p2 = arguments->Scalars2;
        var p3 = arguments->Scalars3;
        var vectors = arguments->Vectors;
        var vectorStride = arguments->VectorStride;
        var step = arguments->SegmentStep;
        nint terms = arguments->Terms;
        V a0 = TSimd.Zero, b0 = a0, a1 = TSimd.Zero, b1 = a1, a2 = TSimd.Zero, b2 = a2, a3 = TSimd.Zero, b3 = a3, a4 = TSimd.Zero, b4 = a4, a5 = TSimd.Zero, b5 = a5, a6 = TSimd.Zero, b6 = a6, a7 = TSimd.Zero, b7 = a7, a8 = TSimd.Zero, b8 = a8, a9 = TSimd.Zero, b9 = a9, a10 = TSimd.Zero, b10 = a10, a11 = TSimd.Zero, b11 = a11, a12 = TSimd.Zero, b12 = a12, a13 = TSimd.Zero, b13 = a13;
        V c0 = TSimd.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0;
        var prefetch = arguments->Prefetch;
        for (var segment = arguments->Segments; segment > 0; segment--)
        {
            CacheLines.Prefetch(prefetch, arguments->PrefetchLines);
            if (arguments->PrefetchTwin != 0) CacheLines.Prefetch(prefetch + arguments->PrefetchTwin, arguments->PrefetchLines);
            prefetch += arguments->PrefetchStep;
            for (nint n = 0; n < terms; n++)
            {
                var u = TSimd.Load(vectors);
                var v = TVectors.Value > 1 ? TSimd.Load(vectors + TSimd.Count) : u;
                var w = TVectors.Value > 2 ? TSimd.Load(vectors + 2 * TSimd.Count) : u;
                vectors += vectorStride;
                if (TGroups.Value * TRows.Value > 0) { var s = TSimd.Create(Row<TRows>(0, p0, p1, p2, p3)[n]); a0 = TSimd.MultiplyAdd(s, u, a0); if (TVectors.Value > 1) b0 = TSimd.MultiplyAdd(s, v, b0); if (TVectors.Value > 2) c0 = TSimd.MultiplyAdd(s, w, c0); }
                if (TGroups.Value * TRows.Value > 1) { var s = TSimd.Create(Row<TRows>(1, p0, p1, p2, p3)[n]); a1 = TSimd.MultiplyAdd(s, u, a1); if (TVectors.Value > 1) b1 = TSimd.MultiplyAdd(s, v, b1); if (TVectors.Value > 2) c1 = TSimd.MultiplyAdd(s, w, c1); }
                if (TGroups.Value * TRows.Value > 2) { var s = TSimd.Create(Row<TRows>(2, p0, p1, p2, p3)[n]); a2 = TSimd.MultiplyAdd(s, u, a2); if (TVectors.Value > 1) b2 = TSimd.MultiplyAdd(s, v, b2); if (TVectors.Value > 2) c2 = TSimd.MultiplyAdd(s, w, c2); }
                if (TGroups.Value * TRows.Value > 3) { var s = TSimd.Create(Row<TRows>(3, p0, p1, p2, p3)[n]); a3 = TSimd.MultiplyAdd(s, u, a3); if (TVectors.Value > 1) b3 = TSimd.MultiplyAdd(s, v, b3); if (TVectors.Value > 2) c3 = TSimd.MultiplyAdd(s, w, c3); }
                if (TGroups.Value * TRows.Value > 4) { var s = TSimd.Create(Row<TRows>(4, p0, p1, p2, p3)[n]); a4 = TSimd.MultiplyAdd(s, u, a4); if (TVectors.Value > 1) b4 = TSimd.MultiplyAdd(s, v, b4); if (TVectors.Value > 2) c4 = TSimd.MultiplyAdd(s, w, c4); }
                if (TGroups.Value * TRows.Value > 5) { var s = TSimd.Create(Row<TRows>(5, p0, p1, p2, p3)[n]); a5 = TSimd.MultiplyAdd(s, u, a5); if (TVectors.Value > 1) b5 = TSimd.MultiplyAdd(s, v, b5); if (TVectors.Value > 2) c5 = TSimd.MultiplyAdd(s, w, c5); }
                if (TGroups.Value * TRows.Value > 6) { var s = TSimd.Create(Row<TRows>(6, p0, p1, p2, p3)[n]); a6 = TSimd.MultiplyAdd(s, u, a6); if (TVectors.Value > 1) b6 = TSimd.MultiplyAdd(s, v, b6); if (TVectors.Value > 2) c6 = TSimd.MultiplyAdd(s, w, c6); }
                if (TGroups.Value * TRows.Value > 7) { var s = TSimd.Create(Row<TRows>(7, p0, p1, p2, p3)[n]); a7 = TSimd.MultiplyAdd(s, u, a7); if (TVectors.Value > 1) b7 = TSimd.MultiplyAdd(s, v, b7); if (TVectors.Value > 2) c7 = TSimd.MultiplyAdd(s, w, c7); }
                if (TGroups.Value * TRows.Value > 8) { var s = TSimd.Create(Row<TRows>(8, p0, p1, p2, p3)[n]); a8 = TSimd.MultiplyAdd(s, u, a8); if (TVectors.Value > 1) b8 = TSimd.MultiplyAdd(s, v, b8); if (TVectors.Value > 2) c8 = TSimd.MultiplyAdd(s, w, c8); }
                if (TGroups.Value * TRows.Value > 9) { var s = TSimd.Create(Row<TRows>(9, p0, p1, p2, p3)[n]); a9 = TSimd.MultiplyAdd(s, u, a9); if (TVectors.Value > 1) b9 = TSimd.MultiplyAdd(s, v, b9); }
                if (TGroups.Value * TRows.Value > 10) { var s = TSimd.Create(Row<TRows>(10, p0, p1, p2, p3)[n]); a10 = TSimd.MultiplyAdd(s, u, a10); if (TVectors.Value > 1) b10 = TSimd.MultiplyAdd(s, v, b10); }
                if (TGroups.Value * TRows.Value > 11) { var s = TSimd.Create(Row<TRows>(11, p0, p1, p2, p3)[n]); a11 = TSimd.MultiplyAdd(s, u, a11); if (TVectors.Value > 1) b11 = TSimd.MultiplyAdd(s, v, b11); }
                if (TGroups.Value * TRows.Value > 12) { var s = TSimd.Create(Row<TRows>(12, p0, p1, p2, p3)[n]); a12 = TSimd.MultiplyAdd(s, u, a12); if (TVectors.Value > 1) b12 = TSimd.MultiplyAdd(s, v, b12); }
                if (TGroups.Value * TRows.Value > 13) { var s = TSimd.Create(Row<TRows>(13, p0, p1, p2, p3)[n]); a13 = TSimd.MultiplyAdd(s, u, a13); if (TVectors.Value > 1) b13 = TSimd.MultiplyAdd(s, v, b13); }
            }
            p0 += step;
            if (TGroups.Value > 1) p1 += step;
            if (TGroups.Value > 2) p2 += step;
            if (TGroups.Value > 3) p3 += step;
        }

        // A tile of more than 9 rows has no third vector: c0 only stands in its place.
        var output = arguments->Output;
        var (groupStride, rowStride) = (arguments->GroupStride, arguments->RowStride);
        if (TGroups.Value * TRows.Value > 0) End<TSimd, V, TVectors, TEnd>(a0, b0, c0, output + 0 / TRows.Value * groupStride + 0 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 1) End<TSimd, V, TVectors, TEnd>(a1, b1, c1, output + 1 / TRows.Value * groupStride + 1 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 2) End<TSimd, V, TVectors, TEnd>(a2, b2, c2, output + 2 / TRows.Value * groupStride + 2 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 3) End<TSimd, V, TVectors, TEnd>(a3, b3, c3, output + 3 / TRows.Value * groupStride + 3 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 4) End<TSimd, V, TVectors, TEnd>(a4, b4, c4, output + 4 / TRows.Value * groupStride + 4 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 5) End<TSimd, V, TVectors, TEnd>(a5, b5, c5, output + 5 / TRows.Value * groupStride + 5 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 6) End<TSimd, V, TVectors, TEnd>(a6, b6, c6, output + 6 / TRows.Value * groupStride + 6 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 7) End<TSimd, V, TVectors, TEnd>(a7, b7, c7, output + 7 / TRows.Value * groupStride + 7 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 8) End<TSimd, V, TVectors, TEnd>(a8, b8, c8, output + 8 / TRows.Value * groupStride + 8 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 9) End<TSimd, V, TVectors, TEnd>(a9, b9, c0, output + 9 / TRows.Value * groupStride + 9 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 10) End<TSimd, V, TVectors, TEnd>(a10, b10, c0, output + 10 / TRows.Value * groupStride + 10 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 11) End<TSimd, V, TVectors, TEnd>(a11, b11, c0, output + 11 / TRows.Value * groupStride + 11 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 12) End<TSimd, V, TVectors, TEnd>(a12, b12, c0, output + 12 / TRows.Value * groupStride + 12 % TRows.Value * rowStride, arguments);
        if (TGroups.Value * TRows.Value > 13) End<TSimd, V, TVectors, TEnd>(a13, b13, c0, output + 13 / TRows.Value * groupStride + 13 % TRows.Value * rowStride, arguments);
    }

    /// <summary>Scalars of a row: constants but for the pointer, once compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Row<TRows>(int row, float* p0, float* p1, float* p2, float* p3) where TRows : struct, ICount
    {
        var group = row / TRows.Value;
        return (group == 0 ? p0 : group == 1 ? p1 : group == 2 ? p2 : p3) + row % TRows.Value * CaseBlock.Cases;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void End<TSimd, V, TVectors, TEnd>(V a, V b, V c, float* output, OuterArguments* arguments)
        where TSimd : struct, ISimd<V>
        where V : struct
        where TVectors : struct, ICount
        where TEnd : struct, IOuterEnd
    {
        TEnd.Take<TSimd, V>(a, output, arguments);
        if (TVectors.Value > 1) TEnd.Take<TSimd, V>(b, output + TSimd.Count, arguments);
        if (TVectors.Value > 2) TEnd.Take<TSimd, V>(c, output + 2 * TSimd.Count, arguments);
    }
}

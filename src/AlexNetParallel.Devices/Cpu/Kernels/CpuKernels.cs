using System.Runtime.Intrinsics;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>The kernels of convolutions and fully connected layers for one width of vectors.</summary>
internal abstract unsafe class CpuKernels
{
    /// <summary>Kernels for vectors of 512, 256 or 128 bits.</summary>
    public static CpuKernels Create(int vectorBits) => vectorBits switch
    {
        512 => new CpuKernels<Simd512, Vector512<float>>(),
        256 => new CpuKernels<Simd256, Vector256<float>>(),
        128 => new CpuKernels<Simd128, Vector128<float>>(),
        _ => throw new ArgumentOutOfRangeException(nameof(vectorBits), vectorBits, "512, 256 or 128"),
    };

    /// <summary>Floats in a vector.</summary>
    public abstract int Lanes { get; }

    /// <summary>Largest tile with two vectors for each of its rows.</summary>
    public int LargestTile => LargestTileOf(2);

    /// <summary>Rows of the largest tile with so many vectors a row: they stay in registers, with room for as many more vectors and a scalar.</summary>
    public abstract int LargestTileOf(int vectors);

    /// <summary><see cref="TapKernel"/> for a tile of <paramref name="kernels"/> kernels, at most <see cref="LargestTile"/>.</summary>
    public abstract void Taps(int kernels, TapArguments* arguments);

    /// <summary><see cref="OuterKernel"/> for <paramref name="groups"/> times <paramref name="rows"/> rows, a pair that <see cref="GroupsFor"/> allows, and 1 to 3 vectors.</summary>
    public abstract void Outer(int groups, int rows, int vectors, OuterArguments* arguments);

    /// <summary>y = tanh(y) over floats.</summary>
    public abstract void Tanh(float* values, long count);

    /// <summary>The same for one group of rows, which updates weights in place of storing the sums.</summary>
    public abstract void OuterUpdate(int rows, int vectors, OuterArguments* arguments);

    /// <summary><see cref="Kernels.Transpose"/>.</summary>
    public abstract void Transpose(float* source, nint* offsets, int channels, int pixels, float* destination, int stride);

    /// <summary>One update of <paramref name="count"/> parameters from their gradients.</summary>
    public abstract void Update(float* weights, float* velocities, float* gradients, long count, UpdateCoefficients by);

    /// <summary>Groups of <paramref name="rows"/> rows that fill a tile: at most 4, together at most <see cref="LargestTileOf"/> rows.</summary>
    public int GroupsFor(int rows, int vectors) => Math.Clamp(LargestTileOf(vectors) / rows, 1, 4);
}

/// <inheritdoc/>
internal sealed unsafe class CpuKernels<TSimd, V> : CpuKernels
    where TSimd : struct, ISimd<V>
    where V : struct
{
    private readonly delegate*<TapArguments*, void>[] taps =
    [
        null, &TapKernel.Run<TSimd, V, N1>, &TapKernel.Run<TSimd, V, N2>, &TapKernel.Run<TSimd, V, N3>, &TapKernel.Run<TSimd, V, N4>,
        &TapKernel.Run<TSimd, V, N5>, &TapKernel.Run<TSimd, V, N6>, &TapKernel.Run<TSimd, V, N7>, &TapKernel.Run<TSimd, V, N8>,
        &TapKernel.Run<TSimd, V, N9>, &TapKernel.Run<TSimd, V, N10>, &TapKernel.Run<TSimd, V, N11>, &TapKernel.Run<TSimd, V, N12>,
        &TapKernel.Run<TSimd, V, N13>, &TapKernel.Run<TSimd, V, N14>,
    ];

    private readonly delegate*<OuterArguments*, void>[] oneVector = Table<N1, StoreSums>(groups: 4);
    private readonly delegate*<OuterArguments*, void>[] twoVectors = Table<N2, StoreSums>(groups: 4);
    private readonly delegate*<OuterArguments*, void>[] threeVectors = Table<N3, StoreSums>(groups: 4);
    private readonly delegate*<OuterArguments*, void>[] updateOneVector = Table<N1, UpdateWeights>(groups: 1);
    private readonly delegate*<OuterArguments*, void>[] updateTwoVectors = Table<N2, UpdateWeights>(groups: 1);

    public override int Lanes => TSimd.Count;

    public override int LargestTileOf(int vectors) => (TSimd.Registers - 1 - vectors) / vectors;

    public override void Taps(int kernels, TapArguments* arguments) => taps[kernels](arguments);

    public override void Outer(int groups, int rows, int vectors, OuterArguments* arguments)
    {
        var kernel = (vectors == 1 ? oneVector : vectors == 2 ? twoVectors : threeVectors)[OuterIndex(groups, rows)];
        if (kernel == null) throw new InvalidOperationException($"no kernel for {groups} groups of {rows} rows");
        kernel(arguments);
    }

    public override void Tanh(float* values, long count) => TanhKernel.Run<TSimd, V>(values, count);

    public override void OuterUpdate(int rows, int vectors, OuterArguments* arguments) =>
        (vectors == 1 ? updateOneVector : updateTwoVectors)[OuterIndex(1, rows)](arguments);

    public override void Transpose(float* source, nint* offsets, int channels, int pixels, float* destination, int stride) =>
        Cpu.Kernels.Transpose.Run<TSimd, V>(source, offsets, channels, pixels, destination, stride);

    public override void Update(float* weights, float* velocities, float* gradients, long count, UpdateCoefficients by) =>
        UpdateArithmetic.Apply<TSimd, V>(weights, velocities, gradients, count, by);

    private static int OuterIndex(int groups, int rows) => groups * 16 + rows;

    /// <summary>Kernels for tiles of up to so many groups, and up to 14 rows together; 9 with three vectors.</summary>
    private static delegate*<OuterArguments*, void>[] Table<TVectors, TEnd>(int groups)
        where TVectors : struct, ICount
        where TEnd : struct, IOuterEnd
    {
        var table = new delegate*<OuterArguments*, void>[5 * 16];
        Fill<N1, TVectors, TEnd>(table);
        if (groups > 1) Fill<N2, TVectors, TEnd>(table);
        if (groups > 2) Fill<N3, TVectors, TEnd>(table);
        if (groups > 3) Fill<N4, TVectors, TEnd>(table);
        return table;
    }

    private static void Fill<TGroups, TVectors, TEnd>(delegate*<OuterArguments*, void>[] table)
        where TGroups : struct, ICount
        where TVectors : struct, ICount
        where TEnd : struct, IOuterEnd
    {
        Set<N1>();
        Set<N2>();
        Set<N3>();
        Set<N4>();
        Set<N5>();
        Set<N6>();
        Set<N7>();
        Set<N8>();
        Set<N9>();
        Set<N10>();
        Set<N11>();
        Set<N12>();
        Set<N13>();
        Set<N14>();

        void Set<TRows>() where TRows : struct, ICount
        {
            if (TGroups.Value * TRows.Value <= (TVectors.Value < 3 ? 14 : 9))
                table[OuterIndex(TGroups.Value, TRows.Value)] = &OuterKernel.Run<TSimd, V, TGroups, TRows, TVectors, TEnd>;
        }
    }
}

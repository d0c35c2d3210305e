using System.Runtime.CompilerServices;

namespace AlexNetParallel.Devices.Cpu.Kernels;

/// <summary>What becomes of the sums of an <see cref="OuterKernel"/>, while they are still in registers.</summary>
internal unsafe interface IOuterEnd
{
    /// <summary>Takes one vector of sums, whose place in the output is given.</summary>
    static abstract void Take<TSimd, V>(V sums, float* output, OuterArguments* arguments)
        where TSimd : struct, ISimd<V>
        where V : struct;
}

/// <summary>They are stored, or added to what is there.</summary>
internal readonly unsafe struct StoreSums : IOuterEnd
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take<TSimd, V>(V sums, float* output, OuterArguments* arguments)
        where TSimd : struct, ISimd<V>
        where V : struct =>
        TSimd.Store(arguments->Accumulate ? TSimd.Add(TSimd.Load(output), sums) : sums, output);
}

/// <summary>They are gradients, and the output's weights are updated by them, together with their momentum.</summary>
internal readonly unsafe struct UpdateWeights : IOuterEnd
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take<TSimd, V>(V sums, float* output, OuterArguments* arguments)
        where TSimd : struct, ISimd<V>
        where V : struct =>
        UpdateArithmetic.Step<TSimd, V>(output, output + arguments->MomentumDistance, sums, arguments->Update);
}

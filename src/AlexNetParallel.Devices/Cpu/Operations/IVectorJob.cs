using System.Runtime.CompilerServices;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>
/// An operation as items that write disjoint outputs, written once for all widths of vectors. The same item gives the same bits on any thread.
/// </summary>
internal interface IVectorJob
{
    /// <summary>Computes one item.</summary>
    /// <param name="item">Number of the item.</param>
    /// <param name="thread">Number of the thread that computes it: for scratch memory.</param>
    void Run<TSimd, V>(int item, int thread)
        where TSimd : struct, ISimd<V>
        where V : struct;
}

/// <summary>A job for one width.</summary>
internal readonly struct VectorJob<TJob, TSimd, V>(TJob job) : ITeamJob
    where TJob : struct, IVectorJob
    where TSimd : struct, ISimd<V>
    where V : struct
{
    private readonly TJob job = job;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Run(int item, int thread) => job.Run<TSimd, V>(item, thread);
}

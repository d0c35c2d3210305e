using System.Runtime.Intrinsics;
using AlexNetParallel.Devices.Cpu.Operations;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>How operations get to the threads, and what they check before.</summary>
public sealed partial class CpuDevice
{
    /// <summary>Runs items 0 .. <paramref name="items"/>-1 of a job with the device's width of vectors.</summary>
    private void Run<TJob>(TJob job, int items) where TJob : struct, IVectorJob
    {
        switch (VectorBits)
        {
            case 512:
                team.Run(new VectorJob<TJob, Simd512, Vector512<float>>(job), items);
                break;
            case 256:
                team.Run(new VectorJob<TJob, Simd256, Vector256<float>>(job), items);
                break;
            default:
                team.Run(new VectorJob<TJob, Simd128, Vector128<float>>(job), items);
                break;
        }
    }

    /// <summary>The view's addresses, after a check that it is of this size, holds these blocks, and lies in the host's memory.</summary>
    /// <exception cref="ArgumentException">It does not; the message says what was found and what was expected.</exception>
    private static CpuView Addresses(TensorView view, string name, int channels, int height, int width, BlockRange blocks)
    {
        Check(view, channels, height, width, blocks, name: name);
        CheckShared(view, blocks, name);
        if (view.Buffer is not CpuBuffer)
            throw new ArgumentException($"{name} lies in a {view.Buffer.GetType().Name}, which is not the host's memory", name);
        return new CpuView(view);
    }
}

namespace AlexNetParallel.Devices.Cuda;

/// <summary>How a <see cref="CudaDevice"/> is opened.</summary>
public sealed record CudaOptions
{
    /// <summary>Which driver. The real one by default.</summary>
    public CudaDriverKind Driver { get; init; } = CudaDriverKind.Real;

    /// <summary>Number of the device, from 0. Several workers may share one.</summary>
    public int Ordinal { get; init; }

    /// <summary>False: fully connected layers use the project's own GEMM even where cuBLAS is installed. True by default.</summary>
    public bool UseCublas { get; init; } = true;

    /// <summary>
    /// Kernel variants to use wherever they can, before those that the registry would choose; comma-separated names, e.g. "conv_taps_any,sgemm_tn_any". By default
    /// what the environment variable ALEXNET_FORCE_KERNEL says.
    /// </summary>
    public string? ForcedKernels { get; init; } = Environment.GetEnvironmentVariable("ALEXNET_FORCE_KERNEL");

    /// <summary>Folder with the kernels' sources. Null: the folder "kernels" beside the program or above it.</summary>
    public string? KernelFolder { get; init; }
}

using AlexNetParallel.Devices.Tests.Suites;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Cuda;

/// <summary>The project's own kernels only: those that the registry chooses, and each other variant forced. All give the same bits.</summary>
public sealed class CudaVariants : IDeviceVariants
{
    internal const string Registry = "cuda, as the registry chooses";
    internal const string AnySize = "cuda, variants for any size";

    private static readonly Dictionary<string, string> forced = new()
    {
        [Registry] = "",
        ["cuda, the widest tiles"] = "conv_taps_128x128,conv_weight_gradient_128x128",
        ["cuda, the narrowest tiles"] = "conv_taps_32x128,conv_weight_gradient_128x32",
        [AnySize] = "conv_taps_any,conv_weight_gradient_128x48,sgemm_tn_any,sgemm_nn_any",
        ["cuda, other tiles"] = "conv_taps_64x128,conv_weight_gradient_128x64",
    };

    /// <inheritdoc/>
    public static IReadOnlyList<string> Names { get; } = [.. forced.Keys];

    /// <inheritdoc/>
    public static IDevice Open(string name) => TestedCuda.Open(forced: forced[name]);

    /// <inheritdoc/>
    public static IDevice OpenPlain() => Open(Registry);
}

/// <summary>The variants of matrix products, by the project's own GEMM.</summary>
public sealed class CudaProducts : IDeviceVariants
{
    /// <inheritdoc/>
    public static IReadOnlyList<string> Names { get; } = [CudaVariants.Registry, CudaVariants.AnySize];

    /// <inheritdoc/>
    public static IDevice Open(string name) => CudaVariants.Open(name);

    /// <inheritdoc/>
    public static IDevice OpenPlain() => CudaVariants.OpenPlain();
}

/// <summary>One variant, for operations that have no others.</summary>
public sealed class CudaPlain : IDeviceVariants
{
    /// <inheritdoc/>
    public static IReadOnlyList<string> Names { get; } = ["cuda"];

    /// <inheritdoc/>
    public static IDevice Open(string name) => TestedCuda.Open();

    /// <inheritdoc/>
    public static IDevice OpenPlain() => TestedCuda.Open();
}

/// <summary>Fully connected layers by cuBLAS.</summary>
public sealed class CudaWithCublas : IDeviceVariants
{
    /// <inheritdoc/>
    public static IReadOnlyList<string> Names { get; } = ["cuda with cuBLAS"];

    /// <inheritdoc/>
    public static IDevice Open(string name) => OpenPlain();

    /// <inheritdoc/>
    public static IDevice OpenPlain()
    {
        var device = TestedCuda.Open(cublas: true);
        Skip.IfNot(device.Description.Contains("cuBLAS", StringComparison.Ordinal), "cuBLAS is not installed");
        return device;
    }
}

using System.Runtime.CompilerServices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Devices.Tests.Suites;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Checked.Tests;

/// <summary>
/// The software device in its checked mode: bounds to the byte, alignment, use after free, races within and between blocks of threads, divergent barriers. Any finding fails
/// the kernel, and so the test. The mode belongs to a process, so these tests are a project of their own.
/// </summary>
public sealed class CudaChecked : IDeviceVariants
{
    /// <inheritdoc/>
    public static IReadOnlyList<string> Names { get; } = ["cuda, checked"];

    /// <inheritdoc/>
    public static IDevice Open(string name) => OpenPlain();

    /// <inheritdoc/>
    public static IDevice OpenPlain()
    {
        Skip.If(TestedCuda.Driver == CudaDriverKind.Real, "the checks are the software device's; this machine has a GPU");
        return TestedCuda.Open();
    }

    [ModuleInitializer]
    internal static void TurnOn()
    {
        SoftCudaSettings.Set("SOFTCUDA_CHECK", "1");
        SoftCudaSettings.Set("SOFTCUDA_DELAY", "200");
    }
}

/// <summary>The suites of small shapes, odd sizes among them.</summary>
public sealed class CheckedPoolingTests : PoolingSuite<CudaChecked>;

/// <inheritdoc cref="CheckedPoolingTests"/>
public sealed class CheckedNormalizationTests : NormalizationSuite<CudaChecked>;

/// <inheritdoc cref="CheckedPoolingTests"/>
public sealed class CheckedElementwiseTests : ElementwiseSuite<CudaChecked>;

/// <inheritdoc cref="CheckedPoolingTests"/>
public sealed class CheckedDropoutTests : DropoutSuite<CudaChecked>;

/// <inheritdoc cref="CheckedPoolingTests"/>
public sealed class CheckedLossTests : LossSuite<CudaChecked>;

/// <inheritdoc cref="CheckedPoolingTests"/>
public sealed class CheckedUpdateTests : UpdateSuite<CudaChecked>;

/// <inheritdoc cref="CheckedPoolingTests"/>
public sealed class CheckedBatchTests : BatchSuite<CudaChecked>;

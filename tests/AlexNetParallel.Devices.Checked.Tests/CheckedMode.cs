using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Devices.Tests.Suites;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Checked.Tests;

/// <summary>
/// The software device in its checked mode: bounds to the byte, alignment, use after free, races within and between blocks of threads, divergent barriers. Any finding fails
/// the kernel, and so the test. The mode belongs to a process, so these tests are a project of their own.
/// </summary>
public sealed partial class CudaChecked : IDeviceVariants
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

    /// <summary>The software device reads its environment through the C library when it is loaded; .NET's own copy of the environment would not reach it.</summary>
    [ModuleInitializer]
    internal static void TurnOn()
    {
        _ = SetEnvironment("SOFTCUDA_CHECK", "1", 1);
        _ = SetEnvironment("SOFTCUDA_DELAY", "200", 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
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

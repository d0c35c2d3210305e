using AlexNetParallel.Devices.Cuda;
using Xunit;

namespace AlexNetParallel.Testing;

/// <summary>
/// A CUDA device: the GPU where this machine has one, else the software device. A process can load one of the two drivers only. Tests are skipped, with the reason,
/// where neither can be had.
/// </summary>
public static class TestedCuda
{
    private static readonly Lazy<(CudaDriverKind Kind, string? Missing)> driver = new(() =>
    {
        try
        {
            CudaDriver.Open(CudaDriverKind.Real);
            return (CudaDriverKind.Real, null);
        }
        catch (CudaException)
        {
            // No GPU here: the software device stands for it.
        }
        try
        {
            CudaDriver.Open(CudaDriverKind.Soft);
            return (CudaDriverKind.Soft, null);
        }
        catch (CudaException e)
        {
            return (CudaDriverKind.Soft, e.Message);
        }
    });

    /// <summary>The driver; skips the running test where there is none.</summary>
    public static CudaDriverKind Driver
    {
        get
        {
            var (kind, missing) = driver.Value;
            Skip.If(missing is not null, missing);
            return kind;
        }
    }

    /// <summary>Opens a device.</summary>
    public static CudaDevice Open(bool cublas = false, string? forced = null, int ordinal = 0)
    {
        var kind = Driver;
        try
        {
            return new CudaDevice(new CudaOptions { Driver = kind, Ordinal = ordinal, UseCublas = cublas, ForcedKernels = forced });
        }
        catch (CudaException e) when (e.Message.Contains("NVRTC, which", StringComparison.Ordinal))
        {
            Skip.If(true, e.Message);
            throw;
        }
    }
}

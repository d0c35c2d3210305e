using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cuda.Interop;

/// <summary>The one place where a native call's result is looked at.</summary>
internal static unsafe class CudaStatus
{
    public const int NoDevice = 100;
    public const int PeerAccessAlreadyEnabled = 704;
    public const int HostMemoryAlreadyRegistered = 712;

    private const int InvalidImage = 200;
    private const int NoBinaryForGpu = 209;
    private const int OutOfMemory = 2;

    /// <summary>Throws unless a call of the driver API gave CUDA_SUCCESS. The call's name is taken from the argument's text.</summary>
    /// <exception cref="CudaException">It gave something else.</exception>
    public static void ThrowIfFailed(int result, int? device = null, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != 0) throw Failure(result, device, call);
    }

    /// <summary>The same for NVRTC.</summary>
    public static void ThrowIfNvrtcFailed(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result == 0) return;
        var text = Marshal.PtrToStringUTF8((nint)NvrtcApi.nvrtcGetErrorString(result)) ?? "unknown";
        throw new CudaException(Function(call), text, $"code {result}", null, null);
    }

    /// <summary>The same for cuBLAS.</summary>
    public static void ThrowIfCublasFailed(int result, int device, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result == 0) return;
        // cublasStatus_t, cublas_api.h; the function that tells the name came with CUDA 11.4 only.
        var (code, text) = result switch
        {
            1 => ("CUBLAS_STATUS_NOT_INITIALIZED", "the library or the driver is not ready"),
            3 => ("CUBLAS_STATUS_ALLOC_FAILED", "no memory is left on the device"),
            7 => ("CUBLAS_STATUS_INVALID_VALUE", "an argument is wrong"),
            8 => ("CUBLAS_STATUS_ARCH_MISMATCH", "this cuBLAS does not know the device's architecture"),
            13 => ("CUBLAS_STATUS_EXECUTION_FAILED", "a kernel could not run"),
            14 => ("CUBLAS_STATUS_INTERNAL_ERROR", "cuBLAS failed inside"),
            15 => ("CUBLAS_STATUS_NOT_SUPPORTED", "not supported"),
            _ => ($"cublasStatus_t {result}", "unknown"),
        };
        throw new CudaException(Function(call), code, text, device, null);
    }

    private static CudaException Failure(int result, int? device, string call)
    {
        var name = DriverApi.cuGetErrorName(result, out var text) == 0 && text != null ? Marshal.PtrToStringUTF8((nint)text)! : $"CUresult {result}";
        var description = DriverApi.cuGetErrorString(result, out text) == 0 && text != null ? Marshal.PtrToStringUTF8((nint)text)! : "unknown error";
        var hint = result switch
        {
            OutOfMemory => "Use a smaller --batch, or more workers",
            InvalidImage or NoBinaryForGpu => "The installed NVRTC cannot compile for this device: ./alexnet doctor says which versions are there",
            // Faults of kernels: reported by whatever call comes next.
            >= 700 and < 720 and not PeerAccessAlreadyEnabled and not HostMemoryAlreadyRegistered =>
                "An earlier kernel failed, and this call only reports it; CUDA_LAUNCH_BLOCKING=1 reports at the kernel itself",
            _ => null,
        };
        return new CudaException(Function(call), name, description, device, hint);
    }

    private static string Function(string call)
    {
        // What the compiler hands over is an expression; what a caller gives is a name.
        var end = call.IndexOf('(', StringComparison.Ordinal);
        return end < 0 ? call : call[..end].Split('.')[^1];
    }
}

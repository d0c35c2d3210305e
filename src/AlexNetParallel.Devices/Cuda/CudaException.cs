namespace AlexNetParallel.Devices.Cuda;

/// <summary>A call into the CUDA driver, NVRTC or cuBLAS failed. The message says which call, with which code and text, on which device.</summary>
public sealed class CudaException : Exception
{
    internal CudaException(string message) : base(message)
    {
    }

    internal CudaException(string call, string code, string text, int? device, string? hint)
        : base($"CUDA: {call} failed{(device is { } d ? $" on device {d}" : "")}: {code} ({text}){(hint is null ? "" : $". {hint}")}") =>
        (Call, Code, Device) = (call, code, device);

    /// <summary>The function that failed; empty where nothing was called.</summary>
    public string Call { get; } = "";

    /// <summary>The error's name, e.g. CUDA_ERROR_OUT_OF_MEMORY.</summary>
    public string Code { get; } = "";

    /// <summary>Ordinal of the device; null where none had been chosen.</summary>
    public int? Device { get; }
}

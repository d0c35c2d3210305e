using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CublasApi;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>cuBLAS on one stream of a device. A matrix [a][b] in C's order is b × a with columns of b floats to cuBLAS.</summary>
internal sealed unsafe class Cublas : IDisposable
{
    private readonly CudaContext context;
    private readonly nint handle;

    private Cublas(CudaContext context, CudaStream stream)
    {
        this.context = context;
        ThrowIfCublasFailed(cublasCreate(out handle), context.Ordinal);
        ThrowIfCublasFailed(cublasSetStream(handle, stream.Handle), context.Ordinal);
        ThrowIfCublasFailed(cublasGetVersion(handle, out var version), context.Ordinal);
        // 11.5.1 is told as 11501, 12.4.5 as 120405.
        Version = version >= 100_000 ? new Version(version / 10_000, version / 100 % 100) : new Version(version / 1000, version / 100 % 10);
    }

    /// <summary>The library's version.</summary>
    public Version Version { get; }

    /// <summary>Opens it; null where it is not installed.</summary>
    public static Cublas? TryOpen(CudaContext context, CudaStream stream)
    {
        if (!CudaLibraries.TryLoad(Library, out _)) return null;
        context.MakeCurrent();
        return new Cublas(context, stream);
    }

    /// <summary>C[o][n] = Σ_i W[i][o] · X[i][n] for <paramref name="columns"/> adjacent n.</summary>
    public void Forward(nint weights, int inputs, int outputs, nint x, int ldx, nint y, int ldy, int columns)
    {
        float one = 1, zero = 0;
        ThrowIfCublasFailed(cublasSgemm(handle, AsItIs, Transposed, columns, outputs, inputs, &one, (float*)x, ldx, (float*)weights, outputs, &zero, (float*)y, ldy), context.Ordinal);
    }

    /// <summary>C[i][n] = Σ_o W[i][o] · dY[o][n] for <paramref name="columns"/> adjacent n.</summary>
    public void InputGradient(nint weights, int inputs, int outputs, nint dy, int ldy, nint dx, int ldx, int columns)
    {
        float one = 1, zero = 0;
        ThrowIfCublasFailed(cublasSgemm(handle, AsItIs, AsItIs, columns, inputs, outputs, &one, (float*)dy, ldy, (float*)weights, outputs, &zero, (float*)dx, ldx), context.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = cublasDestroy(handle);
}

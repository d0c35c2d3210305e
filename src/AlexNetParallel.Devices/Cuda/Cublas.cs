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

    /// <summary>C[m][n] = Σ_k W[m][k] · B[k][n], or with W[k][m] where the weights are turned, for a few adjacent n.</summary>
    /// <param name="weights">W; its rows have <paramref name="rowLength"/> floats.</param>
    /// <param name="rowLength">Floats of a row of W.</param>
    /// <param name="turned">True for W[k][m].</param>
    /// <param name="rows">Number of m.</param>
    /// <param name="summed">Number of k.</param>
    /// <param name="b">B from its first n on.</param>
    /// <param name="c">C from its first n on.</param>
    /// <param name="stride">Floats of a row of B and of C.</param>
    /// <param name="columns">Number of n.</param>
    public void Multiply(nint weights, int rowLength, bool turned, int rows, int summed, nint b, nint c, int stride, int columns)
    {
        float one = 1, zero = 0;
        // In cuBLAS's order the factors change places: Cᵀ = Bᵀ · Wᵀ.
        ThrowIfCublasFailed(cublasSgemm(handle, AsItIs, turned ? Transposed : AsItIs, columns, rows, summed, &one, (float*)b, stride, (float*)weights, rowLength, &zero, (float*)c, stride), context.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = cublasDestroy(handle);
}
